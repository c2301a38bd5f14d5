import type { Pod } from "#api/core/v1/pod.ts";
import { hasEnded } from "./pods.ts";

/** Ended pods past the threshold, the oldest first. */
export function endedPodsToDelete(pods: readonly Pod[], threshold: number): Pod[] {
  const ended = pods.filter((pod) => hasEnded(pod) && pod.metadata.deletionTimestamp === undefined);
  if (threshold <= 0 || ended.length <= threshold) return [];
  const age = ({ metadata }: Pod) => Date.parse(metadata.creationTimestamp);
  return ended
    .toSorted((a, b) => age(a) - age(b) || (a.metadata.name < b.metadata.name ? -1 : 1))
    .slice(0, ended.length - threshold);
}

/** Pods that were deleted before they had a node: no kubelet is there to confirm that they have stopped. */
export function neverAssigned(pods: readonly Pod[]): Pod[] {
  return pods.filter((pod) => pod.metadata.deletionTimestamp !== undefined && !pod.spec.nodeName);
}
