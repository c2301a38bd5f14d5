import type { ReplicaSet, ReplicaSetCondition, ReplicaSetStatus } from "#api/apps/v1/replica-set.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { fromLabels, matches } from "#api/meta/selector.ts";
import { timestamp } from "#api/meta/time.ts";
import { podsToDelete } from "./pod-ranking.plan.ts";
import { hasEnded, isActive, isReady, untilAvailable } from "./pods.ts";
import { withoutZeros } from "./status.ts";

/** No more pods than this are created or deleted before the status is told. */
const maxBurst = 500;

export interface ReplicasPlan {
  readonly create: number;
  readonly remove: readonly Pod[];
}

/** How many pods to add or which to take away. A set that is being deleted does neither: the collector sees to its pods. */
export function planReplicas(
  rs: ReplicaSet,
  pods: readonly Pod[],
  related: () => readonly Pod[],
  now: number,
): ReplicasPlan {
  if (rs.metadata.deletionTimestamp) return { create: 0, remove: [] };
  const active = pods.filter(isActive);
  const missing = (rs.spec.replicas ?? 1) - active.length;
  if (missing >= 0) return { create: Math.min(missing, maxBurst), remove: [] };
  return { create: 0, remove: podsToDelete(active, related(), Math.min(-missing, maxBurst), now) };
}

export interface ReplicaFailure {
  readonly reason: "FailedCreate" | "FailedDelete";
  readonly message: string;
}

export interface StatusPlan {
  readonly status: ReplicaSetStatus;
  /** Milliseconds until the next pod becomes available just by the passing of time. */
  readonly again: number | undefined;
}

export function planStatus(
  rs: ReplicaSet,
  pods: readonly Pod[],
  failure: ReplicaFailure | undefined,
  now: number,
): StatusPlan {
  const active = pods.filter(isActive);
  const template = fromLabels(rs.spec.template?.metadata?.labels);
  const waits = active.map((pod) => untilAvailable(pod, rs.spec.minReadySeconds ?? 0, now));
  const pending = waits.filter((wait) => wait !== undefined && wait > 0) as number[];
  const conditions = withFailure(rs.status?.conditions ?? [], failure, now);
  return {
    status: {
      replicas: active.length,
      ...withoutZeros({
        fullyLabeledReplicas: active.filter((pod) => matches(template, pod.metadata.labels)).length,
        readyReplicas: active.filter(isReady).length,
        availableReplicas: waits.filter((wait) => wait === 0).length,
      }),
      terminatingReplicas: pods.filter((pod) => pod.metadata.deletionTimestamp !== undefined && !hasEnded(pod)).length,
      observedGeneration: rs.metadata.generation ?? 0,
      ...(conditions.length > 0 && { conditions }),
    },
    again: pending.length > 0 ? Math.min(...pending) : undefined,
  };
}

function withFailure(
  conditions: readonly ReplicaSetCondition[],
  failure: ReplicaFailure | undefined,
  now: number,
): ReplicaSetCondition[] {
  const known = conditions.find(({ type }) => type === "ReplicaFailure");
  const others = conditions.filter((condition) => condition !== known);
  if (!failure) return others;
  if (known?.reason === failure.reason && known.status === "True") return [...conditions];
  const lastTransitionTime = timestamp(now);
  return [...others, { type: "ReplicaFailure", status: "True", lastTransitionTime, ...failure }];
}
