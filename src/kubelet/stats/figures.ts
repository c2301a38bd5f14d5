/** What was used up to a moment. */
export interface Usage {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** All CPU time ever used. */
  readonly cpuNanoseconds: number;
  readonly memory: MemoryUsage;
}

export interface MemoryUsage {
  readonly usageBytes: number;
  /** What cannot be given back at once: usage without file pages that nobody has touched for long. */
  readonly workingSetBytes: number;
  readonly rssBytes: number;
  readonly pageFaults: number;
  readonly majorPageFaults: number;
}

export interface InterfaceFigures {
  readonly name: string;
  readonly rxBytes: number;
  readonly rxErrors: number;
  readonly txBytes: number;
  readonly txErrors: number;
}

export interface ContainerFigures {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly usage: Usage;
}

export interface PodFigures {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly startedAt: number;
  /** All of the pod, its pause container included. */
  readonly usage: Usage;
  readonly interfaces: readonly InterfaceFigures[];
  readonly containers: readonly ContainerFigures[];
}

export interface FilesystemFigures {
  readonly capacityBytes: number;
  readonly availableBytes: number;
  readonly usedBytes: number;
}

export interface NodeFigures {
  readonly name: string;
  readonly startedAt: number;
  readonly usage: Usage;
  readonly memoryAvailableBytes: number;
  readonly interfaces: readonly InterfaceFigures[];
  readonly filesystem: FilesystemFigures;
  readonly imageFilesystemUsedBytes: number | undefined;
  readonly pids: { readonly max: number; readonly used: number };
  readonly pods: readonly PodFigures[];
}

/** Measures the node and all that runs on it now. */
export type MeasureNode = () => Promise<NodeFigures>;

export const noMemory: MemoryUsage = {
  usageBytes: 0,
  workingSetBytes: 0,
  rssBytes: 0,
  pageFaults: 0,
  majorPageFaults: 0,
};

/** Together; as of the later moment. */
export function sumUsage(usages: readonly Usage[], at: number): Usage {
  const sum = (of: (usage: Usage) => number) => usages.reduce((total, usage) => total + of(usage), 0);
  return {
    at,
    cpuNanoseconds: sum(({ cpuNanoseconds }) => cpuNanoseconds),
    memory: {
      usageBytes: sum(({ memory }) => memory.usageBytes),
      workingSetBytes: sum(({ memory }) => memory.workingSetBytes),
      rssBytes: sum(({ memory }) => memory.rssBytes),
      pageFaults: sum(({ memory }) => memory.pageFaults),
      majorPageFaults: sum(({ memory }) => memory.majorPageFaults),
    },
  };
}
