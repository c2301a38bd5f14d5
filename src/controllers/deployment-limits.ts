import type { Deployment } from "#api/apps/v1/deployment.ts";
import type { ReplicaSet } from "#api/apps/v1/replica-set.ts";
import { countOf } from "#api/meta/int-or-percent.ts";

export const replicasOf = ({ spec }: Deployment | ReplicaSet): number => spec.replicas ?? 1;

/** How many pods more and how many fewer than wanted there may be during a rolling update. Never both zero. */
function limits(deployment: Deployment): { surge: number; unavailable: number } {
  const { maxSurge = "25%", maxUnavailable = "25%" } = deployment.spec.strategy?.rollingUpdate ?? {};
  const replicas = replicasOf(deployment);
  const surge = countOf(maxSurge, replicas, Math.ceil);
  const unavailable = countOf(maxUnavailable, replicas, Math.floor);
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

export const isRolling = ({ spec }: Deployment): boolean => spec.strategy?.type !== "Recreate";

export function maxSurge(deployment: Deployment): number {
  return isRolling(deployment) ? limits(deployment).surge : 0;
}

export function maxUnavailable(deployment: Deployment): number {
  if (!isRolling(deployment)) return 0;
  return Math.min(limits(deployment).unavailable, replicasOf(deployment));
}

/** Seconds without progress after which a rollout counts as stuck. The greatest integer means never. */
export function progressDeadline({ spec }: Deployment): number | undefined {
  const seconds = spec.progressDeadlineSeconds;
  return seconds === undefined || seconds === 2 ** 31 - 1 ? undefined : seconds;
}
