import type { Pod } from "#api/core/v1/pod.ts";
import { parseTime } from "#api/meta/time.ts";
import { isActive, isReady, podCondition } from "./pods.ts";

const deletionCost = "controller.kubernetes.io/pod-deletion-cost";
const phaseRank: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/**
 * The `count` pods that are missed least: not assigned before assigned, pending before running, not ready before ready,
 * cheap before dear, from crowded nodes before others, short ready before long ready, often restarted, young before old.
 * Durations are compared by their logarithm, so that within the same order of magnitude the choice is spread by uid.
 *
 * @param related all pods that do the same work, by which a node counts as crowded
 */
export function podsToDelete(pods: readonly Pod[], related: readonly Pod[], count: number, now: number): Pod[] {
  if (count >= pods.length) return [...pods];
  const crowd = new Map<string, number>();
  for (const pod of related) {
    const node = pod.spec.nodeName;
    if (node && isActive(pod)) crowd.set(node, (crowd.get(node) ?? 0) + 1);
  }
  const neighbours = (pod: Pod) => crowd.get(pod.spec.nodeName ?? "") ?? 0;
  const order = (a: Pod, b: Pod) =>
    Number(Boolean(a.spec.nodeName)) - Number(Boolean(b.spec.nodeName)) ||
    rankOfPhase(a) - rankOfPhase(b) ||
    Number(isReady(a)) - Number(isReady(b)) ||
    costOf(a) - costOf(b) ||
    neighbours(b) - neighbours(a) ||
    (isReady(a) && isReady(b) ? younger(readySince(a), readySince(b), a, b, now) : 0) ||
    restarts(b) - restarts(a) ||
    younger(parseTime(a.metadata.creationTimestamp), parseTime(b.metadata.creationTimestamp), a, b, now);
  return pods.toSorted(order).slice(0, count);
}

const rankOfPhase = (pod: Pod) => phaseRank[pod.status?.phase ?? "Pending"] ?? 2;
const readySince = (pod: Pod) => parseTime(podCondition(pod, "Ready")?.lastTransitionTime);

function costOf(pod: Pod): number {
  const text = pod.metadata.annotations?.[deletionCost] ?? "";
  return /^(0|-?[1-9]\d*)$/.test(text) ? Number(text) : 0;
}

/** The most restarts of one of its containers, as that shows best how troubled the pod is. */
function restarts(pod: Pod): number {
  const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
  return Math.max(0, ...statuses.map(({ restartCount }) => restartCount));
}

/** Negative when the first time is later. An unknown time counts as now. */
function younger(a: number, b: number, podA: Pod, podB: Pod, now: number): number {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return 0;
  if (Number.isNaN(a)) return -1;
  if (Number.isNaN(b)) return 1;
  const magnitude = (time: number) => (now - time <= 0 ? -1 : Math.floor(Math.log2((now - time) * 1e6)));
  return magnitude(a) - magnitude(b) || (podA.metadata.uid < podB.metadata.uid ? -1 : 1);
}
