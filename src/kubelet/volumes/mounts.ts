import { lstat, mkdir, realpath, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, relative } from "node:path";
import type { Container } from "#api/core/v1/container.ts";
import type { VolumeMount } from "#api/core/v1/volume.ts";
import { ContainerConfigError } from "../env.ts";
import { expand } from "../expand.ts";
import type { Mount } from "../runtime/runtime.ts";

/** The volumes that a container mounts. `paths` are the prepared volumes of its pod by name. */
export async function volumeMounts(
  { volumeMounts = [] }: Container,
  paths: ReadonlyMap<string, string>,
  env: ReadonlyMap<string, string>,
): Promise<Mount[]> {
  return Promise.all(
    volumeMounts.map(async (mount) => {
      const path = paths.get(mount.name);
      if (path === undefined)
        throw new ContainerConfigError(`cannot find volume "${mount.name}" to mount into container`);
      return {
        hostPath: await withSubPath(path, subPathOf(mount, env)),
        containerPath: mount.mountPath.startsWith("/") ? mount.mountPath : `/${mount.mountPath}`,
        readOnly: mount.readOnly ?? false,
        ...(mount.mountPropagation === "HostToContainer" && { propagation: "hostToContainer" as const }),
        ...(mount.mountPropagation === "Bidirectional" && { propagation: "bidirectional" as const }),
      };
    }),
  );
}

function subPathOf({ subPath, subPathExpr, mountPath }: VolumeMount, env: ReadonlyMap<string, string>): string {
  if (!subPathExpr) return subPath ?? "";
  return expand(subPathExpr, (name) => {
    const value = env.get(name);
    if (value === undefined)
      throw new ContainerConfigError(`missing value for environment variable ${name} in subPathExpr of ${mountPath}`);
    return value;
  });
}

/** A part of a volume, made when it is missing. Links that lead out of the volume are refused. */
async function withSubPath(volume: string, subPath: string): Promise<string> {
  if (subPath === "") return volume;
  if (isAbsolute(subPath) || subPath.split("/").includes(".."))
    throw new ContainerConfigError(`unable to use subPath "${subPath}": it must stay inside the volume`);
  const root = await realpath(volume);
  const path = join(root, subPath);
  await checkInside(root, path);
  const found = await stat(path).catch(() => undefined); // missing: made below
  if (!found) {
    const { mode } = await stat(root);
    await mkdir(path, { recursive: true, mode: mode & 0o7777 });
  }
  const real = await realpath(path);
  if (leadsOut(root, real)) throw outside(subPath);
  return real;
}

/** Whatever part of the path is there already must not lead out. */
async function checkInside(root: string, path: string): Promise<void> {
  for (let part = path; part !== root && part.length > root.length; part = dirname(part)) {
    const exists = await lstat(part).then(
      () => true,
      () => false,
    );
    if (!exists) continue;
    const real = await realpath(part).catch(() => undefined); // a link to nowhere
    if (real === undefined || leadsOut(root, real)) throw outside(relative(root, part));
    return;
  }
}

const leadsOut = (root: string, path: string) => relative(root, path).split("/")[0] === "..";

const outside = (subPath: string) => new ContainerConfigError(`subPath "${subPath}" leads out of the volume`);
