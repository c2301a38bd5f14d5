import type { Pod } from "#api/core/v1/pod.ts";
import type { Condition } from "#api/meta/condition.ts";
import { countOf } from "#api/meta/int-or-percent.ts";
import { parseTime, timestamp } from "#api/meta/time.ts";
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from "#api/policy/v1/pod-disruption-budget.ts";
import { isReady } from "./pods.ts";

/** An allowed eviction that has not happened by then never will. */
const evictionTimeoutMs = 120_000;

export interface Amounts {
  /** Pods that there should be. */
  readonly expected: number;
  /** Pods that must be ready. */
  readonly desired: number;
}

/** Whether the budget speaks of a share of all, for which those who manage the pods must be asked how many these are. */
export const needsScale = ({ spec }: PodDisruptionBudget): boolean =>
  spec.maxUnavailable !== undefined || typeof spec.minAvailable === "string";

/** @param expected how many pods there should be, when `needsScale` */
export function amounts({ spec }: PodDisruptionBudget, pods: readonly Pod[], expected: number): Amounts {
  const { minAvailable, maxUnavailable } = spec;
  if (maxUnavailable !== undefined) {
    return { expected, desired: Math.max(expected - countOf(maxUnavailable, expected, Math.ceil), 0) };
  }
  if (typeof minAvailable === "string") return { expected, desired: countOf(minAvailable, expected, Math.ceil) };
  return { expected: pods.length, desired: minAvailable ?? 0 };
}

export interface BudgetPlan {
  readonly status: PodDisruptionBudgetStatus;
  /** Milliseconds until an allowed eviction is given up. */
  readonly again: number | undefined;
}

export function planBudget(
  budget: PodDisruptionBudget,
  pods: readonly Pod[],
  { expected, desired }: Amounts,
  now: number,
): BudgetPlan {
  const byName = new Map(pods.map((pod) => [pod.metadata.name, pod]));
  const disrupted: Record<string, string> = {};
  const waits: number[] = [];
  for (const [name, time] of Object.entries(budget.status?.disruptedPods ?? {})) {
    const pod = byName.get(name);
    const left = parseTime(time) + evictionTimeoutMs - now;
    if (!pod || pod.metadata.deletionTimestamp || left <= 0) continue;
    disrupted[name] = time;
    waits.push(left);
  }
  const healthy = pods.filter(
    (pod) => isReady(pod) && !pod.metadata.deletionTimestamp && !(pod.metadata.name in disrupted),
  ).length;
  const allowed = expected <= 0 ? 0 : Math.max(healthy - desired, 0);
  return {
    status: {
      ...(Object.keys(disrupted).length > 0 && { disruptedPods: disrupted }),
      disruptionsAllowed: allowed,
      currentHealthy: healthy,
      desiredHealthy: desired,
      expectedPods: expected,
      observedGeneration: budget.metadata.generation ?? 0,
      conditions: [disruptionAllowed(budget, allowed > 0 ? "SufficientPods" : "InsufficientPods", "", now)],
    },
    again: waits.length > 0 ? Math.min(...waits) : undefined,
  };
}

/** How many pods there should be is not known: none may go. */
export function failSafe(budget: PodDisruptionBudget, message: string, now: number): PodDisruptionBudgetStatus {
  const {
    disruptionsAllowed: _,
    conditions: _conditions,
    ...rest
  } = budget.status ?? {
    currentHealthy: 0,
    desiredHealthy: 0,
    expectedPods: 0,
  };
  return {
    ...rest,
    disruptionsAllowed: 0,
    observedGeneration: budget.metadata.generation ?? 0,
    conditions: [disruptionAllowed(budget, "SyncFailed", message, now)],
  } as PodDisruptionBudgetStatus;
}

function disruptionAllowed(budget: PodDisruptionBudget, reason: string, message: string, now: number): Condition {
  const type = "DisruptionAllowed";
  const status = reason === "SufficientPods" ? "True" : "False";
  const known = budget.status?.conditions?.find((condition) => condition.type === type);
  const lastTransitionTime = known?.status === status ? known.lastTransitionTime : timestamp(now);
  const observedGeneration = budget.metadata.generation ?? 0;
  return { type, status, observedGeneration, lastTransitionTime, reason, message };
}
