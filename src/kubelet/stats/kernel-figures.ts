import type { InterfaceFigures, MemoryUsage } from "./figures.ts";

/** Lines `name value`, as memory.stat and cpu.stat are written. */
function flatKeys(text: string): (name: string) => number {
  const values = new Map(
    text.split("\n").map((line) => {
      const [name = "", value] = line.split(" ");
      return [name, Number(value)] as const;
    }),
  );
  return (name) => values.get(name) ?? 0;
}

/** cgroups of version 1: memory.usage_in_bytes and memory.stat. The figures called total_ have what lies below in them. */
export function memoryOfV1(usage: string, stat: string): MemoryUsage {
  const of = flatKeys(stat);
  return {
    ...workingSet(Number(usage), of("total_inactive_file")),
    rssBytes: of("total_rss"),
    pageFaults: of("total_pgfault"),
    majorPageFaults: of("total_pgmajfault"),
  };
}

/** cgroups of version 2: memory.current and memory.stat. */
export function memoryOfV2(current: string, stat: string): MemoryUsage {
  const of = flatKeys(stat);
  return {
    ...workingSet(Number(current), of("inactive_file")),
    rssBytes: of("anon"),
    pageFaults: of("pgfault"),
    majorPageFaults: of("pgmajfault"),
  };
}

const workingSet = (usageBytes: number, inactiveFile: number) => ({
  usageBytes,
  workingSetBytes: Math.max(0, usageBytes - inactiveFile),
});

/** cpu.stat of version 2, in nanoseconds. */
export const cpuOfV2 = (stat: string): number => flatKeys(stat)("usage_usec") * 1000;

/** The whole machine, from /proc/meminfo and /proc/vmstat: version 2 has no memory.current at its root. */
export function memoryOfMachine(meminfo: string, vmstat: string): MemoryUsage {
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(meminfo)?.[1] ?? 0) * 1024;
  const of = flatKeys(vmstat);
  return {
    ...workingSet(bytes("MemTotal") - bytes("MemFree"), bytes("Inactive\\(file\\)")),
    rssBytes: bytes("AnonPages"),
    pageFaults: of("pgfault"),
    majorPageFaults: of("pgmajfault"),
  };
}

/** /proc/net/dev of a network namespace, without its loopback. */
export function interfacesOf(text: string): InterfaceFigures[] {
  return text.split("\n").flatMap((line): InterfaceFigures[] => {
    const [, name, rest = ""] = /^\s*([^\s:]+):\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || name === "lo") return [];
    const columns = rest.trim().split(/\s+/).map(Number);
    const at = (n: number) => columns[n] ?? 0;
    return [{ name, rxBytes: at(0), rxErrors: at(2), txBytes: at(8), txErrors: at(10) }];
  });
}
