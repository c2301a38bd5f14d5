import { parseTime } from "#api/meta/time.ts";
import type { Clock } from "#kit/clock.ts";
import { quantityMilliValue, quantityValue } from "#schema/quantity.ts";
import type { Machine } from "../machine.ts";
import type { PodLookup } from "../pod-lookup.ts";
import { behaviourPrefix } from "../runtime/simulated-behaviour.ts";
import { type ContainerFigures, type MeasureNode, noMemory, type PodFigures, sumUsage } from "./figures.ts";
import { runningContainers } from "./measure-node.ts";

export interface SimulatedFiguresOptions {
  readonly nodeName: string;
  readonly pods: Pick<PodLookup, "all">;
  readonly machine: Machine;
  readonly clock: Clock;
}

/**
 * Figures of pods that are data, as the pods' annotations say now: `simulated.minik8s.io/cpu: 250m` and
 * `simulated.minik8s.io/memory: 64Mi`, for one container alone with its name appended. To change the annotation is
 * to change the load, from the moment of the last measurement on.
 */
export function simulatedFigures({ nodeName, pods, machine, clock }: SimulatedFiguresOptions): MeasureNode {
  const startedAt = clock.now();
  /** CPU used up to a moment, by pod and container. */
  const used = new Map<string, { at: number; nanoseconds: number }>();
  const cpuUntil = (key: string, since: number, millis: number) => {
    const now = clock.now();
    const before = used.get(key);
    const from = before && before.at >= since ? before : { at: since, nanoseconds: 0 };
    const next = { at: now, nanoseconds: from.nanoseconds + (now - from.at) * millis * 1000 };
    used.set(key, next);
    return next.nanoseconds;
  };

  return async () => {
    const facts = await machine();
    const now = clock.now();
    const measured = pods.all().map((pod): PodFigures => {
      const { annotations = {}, namespace = "", name, uid } = pod.metadata;
      const containers = runningContainers(pod).map((status): ContainerFigures => {
        const read = (what: string) =>
          annotations[`${behaviourPrefix}${what}.${status.name}`] ?? annotations[behaviourPrefix + what] ?? "0";
        const since = parseTime(status.state?.running?.startedAt);
        const bytes = quantityValue(read("memory"));
        const cpuNanoseconds = cpuUntil(`${uid}/${status.name}`, since, quantityMilliValue(read("cpu")));
        const memory = { ...noMemory, usageBytes: bytes, workingSetBytes: bytes, rssBytes: bytes };
        return { name: status.name, startedAt: since, usage: { at: now, cpuNanoseconds, memory } };
      });
      const usage = sumUsage(
        containers.map((container) => container.usage),
        now,
      );
      const since = parseTime(pod.status?.startTime);
      return { ...{ name, namespace, uid, usage, containers }, startedAt: since, interfaces: [] };
    });
    const present = new Set(measured.flatMap(({ uid, containers }) => containers.map((each) => `${uid}/${each.name}`)));
    for (const key of used.keys()) if (!present.has(key)) used.delete(key);
    const usage = sumUsage(
      measured.map((pod) => pod.usage),
      now,
    );
    return {
      name: nodeName,
      startedAt,
      usage,
      memoryAvailableBytes: facts.memoryBytes - usage.memory.usageBytes,
      interfaces: [],
      filesystem: { capacityBytes: facts.diskBytes, availableBytes: facts.diskAvailableBytes, usedBytes: 0 },
      imageFilesystemUsedBytes: undefined,
      pids: { max: facts.pids, used: facts.pidsUsed },
      pods: measured,
    };
  };
}
