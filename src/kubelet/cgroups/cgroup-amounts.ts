import type { Pod } from "#api/core/v1/pod.ts";
import { amountsOf, podRequests } from "#api/core/v1/pod-requests.ts";
import { qosClassOf } from "../qos.ts";
import { sharesOf } from "../resources.ts";

/** What a folder of the cgroup tree may use. What is missing has no limit. */
export interface CgroupAmounts {
  readonly cpuShares: number;
  readonly cpuLimitMillis?: number;
  readonly memoryLimitBytes?: number;
}

/** The pod's folder: shares for all its containers together, and a limit where every one of them has one. */
export function podAmounts(pod: Pod): CgroupAmounts {
  const { cpu = 0 } = podRequests(pod.spec);
  const cpuShares = qosClassOf(pod.spec) === "BestEffort" ? sharesOf(0) : sharesOf(cpu);
  const cpuLimitMillis = sharedLimit(pod, "cpu");
  const memoryLimitBytes = sharedLimit(pod, "memory");
  return {
    cpuShares,
    ...(cpuLimitMillis !== undefined && { cpuLimitMillis }),
    ...(memoryLimitBytes !== undefined && { memoryLimitBytes }),
  };
}

/** Containers together, or the greatest init container; `undefined` as soon as one has no limit. */
function sharedLimit({ spec }: Pod, resource: "cpu" | "memory"): number | undefined {
  const init = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy !== "Always");
  const staying = [
    ...(spec.containers ?? []),
    ...(spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always"),
  ];
  const limitOf = ({ resources }: (typeof staying)[number]) => amountsOf(resources?.limits)[resource] ?? 0;
  if ([...init, ...staying].some((container) => limitOf(container) === 0)) return undefined;
  const together = staying.reduce((sum, container) => sum + limitOf(container), 0);
  return Math.max(together, ...init.map(limitOf));
}
