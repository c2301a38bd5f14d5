import { timestamp } from "#api/meta/time.ts";
import type { InterfaceFigures, NodeFigures, Usage } from "./figures.ts";

/** CPU in use now, in billionths of a core; `undefined` until there are two measurements. `key` tells whose it is. */
export type CpuRate = (key: string, usage: Usage) => number | undefined;

/** Measurements closer to each other than this tell nothing of a rate. */
const shortestMs = 1000;

/** Remembers the last measurement of everything that it was asked about since the last `sweep`. */
export class CpuRates {
  readonly #known = new Map<string, { from: Usage; rate: number | undefined; seen: boolean }>();

  readonly rate: CpuRate = (key, usage) => {
    const known = this.#known.get(key);
    if (!known || usage.cpuNanoseconds < known.from.cpuNanoseconds) {
      this.#known.set(key, { from: usage, rate: undefined, seen: true });
      return undefined;
    }
    known.seen = true;
    const ms = usage.at - known.from.at;
    if (ms >= shortestMs) {
      known.rate = Math.round(((usage.cpuNanoseconds - known.from.cpuNanoseconds) * 1000) / ms);
      known.from = usage;
    }
    return known.rate;
  };

  /** Forgets what nobody has asked about since the last time. */
  sweep(): void {
    for (const [key, known] of this.#known) {
      if (!known.seen) this.#known.delete(key);
      known.seen = false;
    }
  }
}

/** The body of `/stats/summary`. */
export function statsSummary(node: NodeFigures, rate: CpuRate): object {
  const fs = { time: timestamp(node.usage.at), ...node.filesystem };
  const { imageFilesystemUsedBytes: imageBytes } = node;
  return {
    node: {
      nodeName: node.name,
      startTime: timestamp(node.startedAt),
      ...usageOf("node", node.usage, rate, node.memoryAvailableBytes),
      ...networkOf(node.interfaces, node.usage.at),
      fs,
      ...(imageBytes !== undefined && { runtime: { imageFs: { ...fs, usedBytes: imageBytes } } }),
      rlimit: { time: fs.time, maxpid: node.pids.max, curproc: node.pids.used },
    },
    pods: node.pods.map((pod) => ({
      podRef: { name: pod.name, namespace: pod.namespace, uid: pod.uid },
      startTime: timestamp(pod.startedAt),
      containers: pod.containers.map(({ name, startedAt, usage }) => ({
        name,
        startTime: timestamp(startedAt),
        ...usageOf(`${pod.uid}/${name}`, usage, rate),
      })),
      ...usageOf(pod.uid, pod.usage, rate),
      ...networkOf(pod.interfaces, pod.usage.at),
    })),
  };
}

function usageOf(key: string, usage: Usage, rate: CpuRate, availableBytes?: number) {
  const time = timestamp(usage.at);
  const usageNanoCores = rate(key, usage);
  const { pageFaults, majorPageFaults, ...memory } = usage.memory;
  return {
    cpu: {
      time,
      ...(usageNanoCores !== undefined && { usageNanoCores }),
      usageCoreNanoSeconds: usage.cpuNanoseconds,
    },
    memory: { time, ...(availableBytes !== undefined && { availableBytes }), ...memory, pageFaults, majorPageFaults },
  };
}

/** What counts is the interface that Kubernetes counts, eth0, or else the first one; the others are listed. */
function networkOf(interfaces: readonly InterfaceFigures[], at: number) {
  const main = interfaces.find(({ name }) => name === "eth0") ?? interfaces[0];
  return main ? { network: { time: timestamp(at), ...main, interfaces } } : {};
}
