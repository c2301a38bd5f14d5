import type { PodSpec } from "#api/core/v1/pod.ts";
import { quantityMilliValue } from "#schema/quantity.ts";

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

const counted = ["cpu", "memory"] as const;

/** How much a pod is promised: everything it may use, some, or nothing. */
export function qosClassOf(spec: Pick<PodSpec, "containers" | "initContainers">): QosClass {
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  const amount = (quantities: Record<string, string> | undefined, name: string) => {
    const text = quantities?.[name];
    return text === undefined ? 0 : quantityMilliValue(text);
  };
  const asks = containers.some(({ resources }) =>
    counted.some((name) => amount(resources?.requests, name) > 0 || amount(resources?.limits, name) > 0),
  );
  if (!asks) return "BestEffort";
  const guaranteed = containers.every(({ resources }) =>
    counted.every((name) => {
      const limit = amount(resources?.limits, name);
      return limit > 0 && (resources?.requests?.[name] === undefined || amount(resources.requests, name) === limit);
    }),
  );
  return guaranteed ? "Guaranteed" : "Burstable";
}
