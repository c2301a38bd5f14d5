import type { Pod } from "#api/core/v1/pod.ts";
import type { PodCondition } from "#api/core/v1/pod-status.ts";
import { parseTime } from "#api/meta/time.ts";

/** All its containers have ended and none will start again. */
export function hasEnded(pod: Pod): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
}

/** Counts as a replica: has not ended and is not on its way out. */
export function isActive(pod: Pod): boolean {
  return !hasEnded(pod) && pod.metadata.deletionTimestamp === undefined;
}

export function podCondition(pod: Pod, type: string): PodCondition | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type);
}

export function isReady(pod: Pod): boolean {
  return podCondition(pod, "Ready")?.status === "True";
}

/** Milliseconds until the pod has been ready for `minReadySeconds`: 0 = it is available, undefined = it is not ready. */
export function untilAvailable(pod: Pod, minReadySeconds: number, now: number): number | undefined {
  if (!isReady(pod)) return undefined;
  if (minReadySeconds === 0) return 0;
  const since = parseTime(podCondition(pod, "Ready")?.lastTransitionTime);
  return Number.isNaN(since) ? undefined : Math.max(since + minReadySeconds * 1000 - now, 0);
}

export function isAvailable(pod: Pod, minReadySeconds: number, now: number): boolean {
  return untilAvailable(pod, minReadySeconds, now) === 0;
}
