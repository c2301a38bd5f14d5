import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { periodMicros } from "../resources.ts";
import type { CgroupAmounts } from "./cgroup-amounts.ts";

/** The kernel's cgroups: version 1 has a tree for each controller, version 2 has one for all. */
export interface CgroupTree {
  /** Makes the folder when it is missing, and sets what may be used in it. */
  set(path: string, amounts: CgroupAmounts): Promise<void>;
  /** Removes the folder and what is left below it, in all trees; no error when it is not there. */
  remove(path: string): Promise<void>;
}

interface Mounted {
  readonly at: string;
  readonly version: 1 | 2;
  /** Of version 1: the controllers of the tree. */
  readonly controllers: readonly string[];
}

export async function openCgroupTree(mountsFile = "/proc/self/mounts"): Promise<CgroupTree> {
  const trees = parseMounts(await readFile(mountsFile, "utf8"));
  const find = (controller: string) => trees.find(({ controllers }) => controllers.includes(controller))?.at;
  const [cpu, memory] = [find("cpu"), find("memory")];
  const unified = trees.find(({ version }) => version === 2)?.at;
  return {
    async set(path, amounts) {
      if (cpu !== undefined || memory !== undefined) await setV1(cpu, memory, path, amounts);
      else if (unified !== undefined) await setV2(unified, path, amounts);
    },
    async remove(path) {
      for (const { at } of trees) await removeFolder(join(at, path));
    },
  };
}

export function parseMounts(text: string): Mounted[] {
  return text.split("\n").flatMap((line): Mounted[] => {
    const [, at = "", type, options = ""] = line.split(" ");
    if (type === "cgroup") return [{ at, version: 1, controllers: options.split(",") }];
    return type === "cgroup2" ? [{ at, version: 2, controllers: [] }] : [];
  });
}

async function setV1(
  cpu: string | undefined,
  memory: string | undefined,
  path: string,
  { cpuShares, cpuLimitMillis, memoryLimitBytes }: CgroupAmounts,
): Promise<void> {
  if (cpu !== undefined) {
    const folder = join(cpu, path);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "cpu.shares"), String(cpuShares));
    const quota = cpuLimitMillis === undefined ? -1 : (cpuLimitMillis * periodMicros) / 1000;
    await writeFile(join(folder, "cpu.cfs_quota_us"), String(quota));
  }
  if (memory !== undefined && memoryLimitBytes !== undefined) {
    const folder = join(memory, path);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "memory.limit_in_bytes"), String(memoryLimitBytes));
  }
}

async function setV2(
  root: string,
  path: string,
  { cpuShares, cpuLimitMillis, memoryLimitBytes }: CgroupAmounts,
): Promise<void> {
  const folder = join(root, path);
  await mkdir(folder, { recursive: true });
  // A folder has the controllers that the one above hands down, and so all the way from the root.
  const above: string[] = [];
  for (let at = dirname(folder); at.length >= root.length; at = dirname(at)) above.unshift(at);
  for (const at of above) await writeFile(join(at, "cgroup.subtree_control"), "+cpu +memory");
  await writeFile(join(folder, "cpu.weight"), String(weightOf(cpuShares)));
  const quota = cpuLimitMillis === undefined ? "max" : (cpuLimitMillis * periodMicros) / 1000;
  await writeFile(join(folder, "cpu.max"), `${quota} ${periodMicros}`);
  await writeFile(join(folder, "memory.max"), String(memoryLimitBytes ?? "max"));
}

/** Shares from 2 to 262144 as a weight from 1 to 10000, as runtimes convert them. */
export const weightOf = (shares: number): number => 1 + Math.floor(((shares - 2) * 9999) / 262_142);

/** Bottom up: the kernel removes a folder only when nothing is below it and no process is in it. */
async function removeFolder(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []); // this tree does not have it
  for (const entry of entries) if (entry.isDirectory()) await removeFolder(join(folder, entry.name));
  await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
}
