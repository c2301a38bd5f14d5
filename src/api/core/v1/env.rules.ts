import { badly, ifGiven } from "#api/meta/check.ts";
import { isConfigMapKey, isEnvVarName, isQualifiedName } from "#schema/formats.ts";
import { invalid, notSupported, type Problem, required } from "#schema/problem.ts";
import type {
  ConfigMapKeySelector,
  EnvFromSource,
  EnvVar,
  EnvVarSource,
  ObjectFieldSelector,
  ResourceFieldSelector,
  SecretKeySelector,
} from "./env.ts";

export function checkKeySelector(selector: ConfigMapKeySelector | SecretKeySelector, path: string): Problem[] {
  return [
    ...(selector.name ? [] : [required(`${path}.name`)]),
    ...ifGiven(`${path}.key`, selector.key, isConfigMapKey),
  ];
}

const kinds = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"] as const;

export function checkEnvVar(variable: EnvVar, path: string): Problem[] {
  const problems = ifGiven(`${path}.name`, variable.name, isEnvVarName);
  if (variable.valueFrom) problems.push(...checkSource(variable.valueFrom, variable.value ?? "", `${path}.valueFrom`));
  return problems;
}

function checkSource(source: EnvVarSource, value: string, path: string): Problem[] {
  const given = kinds.filter((kind) => source[kind]).length;
  const problems: Problem[] = [];
  if (source.fieldRef) problems.push(...checkFieldRef(source.fieldRef, envFields, `${path}.fieldRef`));
  if (source.resourceFieldRef) problems.push(...checkResourceRef(source.resourceFieldRef, `${path}.resourceFieldRef`));
  if (given === 0) {
    const one = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`";
    problems.push(invalid(path, "", one));
  } else if (value !== "") {
    problems.push(invalid(path, "", "may not be specified when `value` is not empty"));
  } else if (given > 1) {
    problems.push(invalid(path, "", "may not have more than one field specified at a time"));
  }
  return problems;
}

export const envFields = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
];

export const fileFields = [
  "metadata.annotations",
  "metadata.labels",
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
];

/** Fields of a pod that are known by name, though not each may be used everywhere. */
const knownFields = [...envFields, ...fileFields, "spec.restartPolicy", "spec.schedulerName", "status.phase"];

/** A field of the pod: one of the allowed, or a single label or annotation as `metadata.labels['key']`. */
export function checkFieldRef({ fieldPath }: ObjectFieldSelector, allowed: readonly string[], path: string): Problem[] {
  if (!fieldPath) return [];
  const [, map, key] = /^(.*)\['(.*)'\]$/s.exec(fieldPath) ?? [];
  if (map !== undefined && key !== undefined) {
    if (map === "metadata.labels") return badly(path, key, isQualifiedName(key));
    if (map === "metadata.annotations") return badly(path, key, isQualifiedName(key.toLowerCase()));
    return [invalid(path, map, "does not support subscript")];
  }
  if (!knownFields.includes(fieldPath)) {
    const text = `error converting fieldPath: field label not supported: ${fieldPath}`;
    return [invalid(`${path}.fieldPath`, fieldPath, text)];
  }
  return allowed.includes(fieldPath) ? [] : [notSupported(`${path}.fieldPath`, fieldPath, allowed)];
}

const resourceFields = ["cpu", "memory", "ephemeral-storage"].flatMap((name) => [`limits.${name}`, `requests.${name}`]);

export function checkResourceRef({ resource }: ResourceFieldSelector, path: string): Problem[] {
  if (!resource || resourceFields.includes(resource) || /^(limits|requests)\.hugepages-/.test(resource)) return [];
  return [notSupported(`${path}.resource`, resource, resourceFields)];
}

export function checkEnvFrom(source: EnvFromSource, path: string): Problem[] {
  const problems = ifGiven(`${path}.prefix`, source.prefix, isEnvVarName);
  const given = (["configMapRef", "secretRef"] as const).filter((kind) => source[kind]);
  for (const kind of given) if (!source[kind]?.name) problems.push(required(`${path}.${kind}.name`));
  if (given.length === 0) problems.push(invalid(path, "", "must specify one of: `configMapRef` or `secretRef`"));
  if (given.length > 1) problems.push(invalid(path, "", "may not have more than one field specified at a time"));
  return problems;
}
