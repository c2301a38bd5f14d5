import { checkExpiration } from "#api/authentication/v1/token-request.ts";
import { ifGiven } from "#api/meta/check.ts";
import { isConfigMapKey, isDns1123Label } from "#schema/formats.ts";
import { forbidden, invalid, type Problem, required } from "#schema/problem.ts";
import { parseQuantity } from "#schema/quantity.ts";
import { checkFieldRef, checkResourceRef, fileFields } from "./env.rules.ts";
import type {
  ConfigMapVolumeSource,
  DownwardAPIVolumeFile,
  EmptyDirVolumeSource,
  HostPathVolumeSource,
  KeyToPath,
  NFSVolumeSource,
  SecretVolumeSource,
  Volume,
  VolumeMount,
  VolumeProjection,
} from "./volume.ts";

export function checkVolume(volume: Volume, path: string): Problem[] {
  const [source, ...others] = Object.keys(volume).filter((field) => field !== "name");
  return [
    ...ifGiven(`${path}.name`, volume.name, isDns1123Label),
    ...(source ? [] : [required(path, "must specify a volume type")]),
    ...others.map((other) => forbidden(`${path}.${other}`, "may not specify more than 1 volume type")),
  ];
}

const climbs = (path: string) => path.split("/").includes("..");

function checkRelative(path: string, field: string): Problem[] {
  if (path === "") return [];
  const problems: Problem[] = [];
  if (path.startsWith("/")) problems.push(invalid(field, path, "must be a relative path"));
  if (climbs(path)) problems.push(invalid(field, path, "must not contain '..'"));
  return problems;
}

/** Files of a volume: `..data` and the like are how they are exchanged all at once. */
function checkFilePath(path: string, field: string): Problem[] {
  const hidden = path.startsWith("..") && !climbs(path) ? [invalid(field, path, "must not start with '..'")] : [];
  return [...checkRelative(path, field), ...hidden];
}

const checkMode = (mode: number | undefined, field: string): Problem[] =>
  mode !== undefined && (mode < 0 || mode > 0o777)
    ? [invalid(field, mode, "must be a number between 0 and 0777 (octal), both inclusive")]
    : [];

export function checkModes(source: { defaultMode?: number }, path: string): Problem[] {
  return checkMode(source.defaultMode, `${path}.defaultMode`);
}

export function checkKeyToPath({ key, path: file, mode }: KeyToPath, path: string): Problem[] {
  return [
    ...ifGiven(`${path}.key`, key, isConfigMapKey),
    ...checkFilePath(file ?? "", `${path}.path`),
    ...checkMode(mode, `${path}.mode`),
  ];
}

export function checkHostPath({ path: folder }: HostPathVolumeSource, path: string): Problem[] {
  return climbs(folder ?? "") ? [invalid(`${path}.path`, folder, "must not contain '..'")] : [];
}

export function checkSecretVolume(source: SecretVolumeSource, path: string): Problem[] {
  return [...(source.secretName ? [] : [required(`${path}.secretName`)]), ...checkModes(source, path)];
}

export function checkConfigMapVolume(source: ConfigMapVolumeSource, path: string): Problem[] {
  return [...(source.name ? [] : [required(`${path}.name`)]), ...checkModes(source, path)];
}

export function checkEmptyDir({ sizeLimit }: EmptyDirVolumeSource, path: string): Problem[] {
  return sizeLimit !== undefined && parseQuantity(sizeLimit).nanos < 0n
    ? [forbidden(`${path}.sizeLimit`, "SizeLimit field must be a valid resource quantity")]
    : [];
}

export function checkNfs({ path: folder }: NFSVolumeSource, path: string): Problem[] {
  return folder && !folder.startsWith("/") ? [invalid(`${path}.path`, folder, "must be an absolute path")] : [];
}

export function checkDownwardFile(file: DownwardAPIVolumeFile, path: string): Problem[] {
  const problems = [...checkFilePath(file.path ?? "", `${path}.path`), ...checkMode(file.mode, `${path}.mode`)];
  if (file.fieldRef && file.resourceFieldRef) {
    const both = "fieldRef and resourceFieldRef can not be specified simultaneously";
    problems.push(invalid(path, "resource", both));
  } else if (file.fieldRef) {
    problems.push(...checkFieldRef(file.fieldRef, fileFields, `${path}.fieldRef`));
  } else if (file.resourceFieldRef) {
    if (!file.resourceFieldRef.containerName) problems.push(required(`${path}.resourceFieldRef.containerName`));
    problems.push(...checkResourceRef(file.resourceFieldRef, `${path}.resourceFieldRef`));
  } else {
    problems.push(required(path, "one of fieldRef and resourceFieldRef is required"));
  }
  return problems;
}

export function checkProjection(projection: VolumeProjection, path: string): Problem[] {
  const [, ...others] = Object.keys(projection);
  const problems: Problem[] = others.map((kind) =>
    forbidden(`${path}.${kind}`, "may not specify more than 1 volume type"),
  );
  for (const kind of ["secret", "configMap"] as const) {
    if (projection[kind] && !projection[kind].name) problems.push(required(`${path}.${kind}.name`));
  }
  const seconds = projection.serviceAccountToken?.expirationSeconds;
  if (seconds !== undefined) {
    problems.push(...checkExpiration(seconds, `${path}.serviceAccountToken.expirationSeconds`));
  }
  return problems;
}

export function checkVolumeMount(mount: VolumeMount, path: string): Problem[] {
  const problems = [
    ...checkRelative(mount.subPath ?? "", `${path}.subPath`),
    ...checkRelative(mount.subPathExpr ?? "", `${path}.subPathExpr`),
  ];
  if (mount.subPath && mount.subPathExpr) {
    const field = `${path}.subPathExpr`;
    problems.push(invalid(field, mount.subPathExpr, "subPathExpr and subPath are mutually exclusive"));
  }
  return problems;
}
