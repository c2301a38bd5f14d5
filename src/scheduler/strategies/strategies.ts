import { defaultPlugins } from "../default-plugins.ts";
import type { Plugin } from "../plugins/plugin.ts";
import { leastPod } from "./least-pod.ts";
import { leastCpu, leastMem } from "./least-used.ts";
import { random } from "./random.ts";
import { roundRobin } from "./round-robin.ts";

export const strategyNames = ["Default", "RoundRobin", "Random", "LeastPod", "LeastCpu", "LeastMem"] as const;
export type StrategyName = (typeof strategyNames)[number];

export interface Strategy {
  readonly plugins: readonly Plugin[];
  /** It compares all nodes that can take a pod, however many. */
  readonly all: boolean;
}

/** A node must be able to take the pod in any case; the strategy decides which of those that can. */
export function strategyOf(name: StrategyName, tie: () => number): Strategy {
  const only = (score: Plugin): Strategy => ({ plugins: [...filtersOnly, score], all: true });
  switch (name) {
    case "Default":
      return { plugins: defaultPlugins, all: false };
    case "RoundRobin":
      return only(roundRobin());
    case "Random":
      return only(random(tie));
    case "LeastPod":
      return only(leastPod);
    case "LeastCpu":
      return only(leastCpu);
    case "LeastMem":
      return only(leastMem);
  }
}

const filtersOnly: readonly Plugin[] = defaultPlugins.map(({ score, prepare, ...plugin }) => ({
  ...plugin,
  ...(prepare && {
    prepare(pod, cluster) {
      const filter = prepare(pod, cluster)?.filter;
      return filter && { filter };
    },
  }),
}));
