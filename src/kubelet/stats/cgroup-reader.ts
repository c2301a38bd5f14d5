import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseMounts } from "../cgroups/cgroup-tree.ts";
import type { MemoryUsage, Usage } from "./figures.ts";
import { cpuOfV2, memoryOfV1, memoryOfV2 } from "./kernel-figures.ts";

/** Reads what the kernel has counted for a folder of the cgroup tree. */
export interface CgroupReader {
  /** `undefined` when there is no such folder (any more). */
  usage(path: string): Promise<Usage | undefined>;
  /** CPU alone, which the root of the tree has too. */
  cpuNanoseconds(path: string): Promise<number>;
  /** Ids of processes directly in the folder. */
  processes(path: string): Promise<number[]>;
}

interface Reading {
  cpu(path: string): Promise<number>;
  memory(path: string): Promise<MemoryUsage>;
  readonly processesAt: string;
}

export async function openCgroupReader(now: () => number, mountsFile = "/proc/self/mounts"): Promise<CgroupReader> {
  const reading = readingOf(parseMounts(await readFile(mountsFile, "utf8")));
  return {
    async usage(path) {
      try {
        const [cpuNanoseconds, memory] = await Promise.all([reading.cpu(path), reading.memory(path)]);
        return { at: now(), cpuNanoseconds, memory };
      } catch (error) {
        if (isGone(error)) return undefined;
        throw error;
      }
    },
    cpuNanoseconds: (path) => reading.cpu(path),
    async processes(path) {
      try {
        const text = await readFile(join(reading.processesAt, path, "cgroup.procs"), "utf8");
        return text.split("\n").filter(Boolean).map(Number);
      } catch (error) {
        if (isGone(error)) return [];
        throw error;
      }
    },
  };
}

/** ENODEV: the folder was removed between opening its file and reading it. */
const isGone = (error: unknown) => /ENOENT|ENODEV/.test((error as NodeJS.ErrnoException).code ?? "");

function readingOf(trees: ReturnType<typeof parseMounts>): Reading {
  const read = (...parts: string[]) => readFile(join(...parts), "utf8");
  const find = (controller: string) => trees.find(({ controllers }) => controllers.includes(controller))?.at;
  const [accounting, memoryTree] = [find("cpuacct"), find("memory")];
  if (accounting !== undefined && memoryTree !== undefined) {
    return {
      cpu: async (path) => Number(await read(accounting, path, "cpuacct.usage")),
      async memory(path) {
        const [usage, stat] = await Promise.all([
          read(memoryTree, path, "memory.usage_in_bytes"),
          read(memoryTree, path, "memory.stat"),
        ]);
        return memoryOfV1(usage, stat);
      },
      processesAt: memoryTree,
    };
  }
  const unified = trees.find(({ version }) => version === 2)?.at ?? "/sys/fs/cgroup";
  return {
    cpu: async (path) => cpuOfV2(await read(unified, path, "cpu.stat")),
    async memory(path) {
      const [current, stat] = await Promise.all([
        read(unified, path, "memory.current"),
        read(unified, path, "memory.stat"),
      ]);
      return memoryOfV2(current, stat);
    },
    processesAt: unified,
  };
}
