import { compareQuantities, parseQuantity } from "#schema/quantity.ts";
import type { PodSpec } from "./pod.ts";

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

type Quantities = Readonly<Record<string, string>> | undefined;
type Resources = { readonly requests?: Quantities; readonly limits?: Quantities } | undefined;

/** Only these decide: a pod that asks for nothing but disks or devices is BestEffort. */
const deciding = ["cpu", "memory"] as const;

/**
 * Guaranteed: each container has limits for CPU and memory and requests just as much. BestEffort: nobody asks for
 * anything. Requirements of the pod as a whole take the place of those of its containers.
 */
export function qosClass(spec: Pick<PodSpec, "containers" | "initContainers" | "resources">): QosClass {
  const all: Resources[] = spec.resources
    ? [spec.resources]
    : [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map((c) => c.resources);
  if (all.every((r) => deciding.every((name) => !isSet(r?.requests, name) && !isSet(r?.limits, name)))) {
    return "BestEffort";
  }
  return all.every(isGuaranteed) ? "Guaranteed" : "Burstable";
}

function isGuaranteed(resources: Resources): boolean {
  return deciding.every((name) => {
    const limit = resources?.limits?.[name];
    const request = resources?.requests?.[name] ?? limit;
    if (limit === undefined || request === undefined || !isSet(resources?.limits, name)) return false;
    return compareQuantities(parseQuantity(limit), parseQuantity(request)) === 0;
  });
}

function isSet(quantities: Quantities, name: string): boolean {
  const quantity = quantities?.[name];
  return quantity !== undefined && parseQuantity(quantity).nanos > 0n;
}
