import type { Pod } from "#api/core/v1/pod.ts";
import { ApiError, isConflict, isNotFound } from "#api/meta/api-error.ts";
import { labelSelectorMatches } from "#api/meta/selector.ts";
import { timestamp } from "#api/meta/time.ts";
import { type PodDisruptionBudget, PodDisruptionBudgets } from "#api/policy/v1/pod-disruption-budget.ts";
import type { Client } from "#client/client.ts";
import type { Clock } from "#kit/clock.ts";
import type { EvictionGuard } from "./eviction.ts";

/** More evictions than these may not be under way in one budget. */
const mostDisrupted = 2000;
const mostAttempts = 20;

interface GuardOptions {
  /** The server's own: it may write the status of budgets. */
  readonly client: Client;
  readonly clock: Clock;
}

/** Lets a pod go only as far as the disruption budget of its kin allows, and notes it in the budget. */
export function disruptionGuard({ client, clock }: GuardOptions): EvictionGuard {
  return async (pod, { dryRun }) => {
    const { namespace, labels } = pod.metadata;
    const { items } = await client.list(PodDisruptionBudgets, { namespace });
    const [budget, ...others] = items.filter(({ spec }) => labelSelectorMatches(spec.selector, labels));
    if (!budget) return;
    if (others.length > 0) {
      const why = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
      throw new ApiError("InternalError", why);
    }
    if (mayGoUncounted(pod, budget)) return;
    await take(pod, budget, dryRun);
  };

  /** Somebody else may have used the budget meanwhile: then it is looked at anew. */
  async function take(pod: Pod, first: PodDisruptionBudget, dryRun: boolean): Promise<void> {
    let budget = first;
    for (let attempt = 1; ; attempt++) {
      check(budget);
      if (dryRun) return;
      const { status } = budget;
      const next = {
        ...status,
        disruptionsAllowed: (status?.disruptionsAllowed ?? 0) - 1,
        disruptedPods: { ...status?.disruptedPods, [pod.metadata.name]: timestamp(clock.now()) },
      };
      try {
        await client.updateStatus(PodDisruptionBudgets, { ...budget, status: next });
        return;
      } catch (error) {
        if (isNotFound(error)) return; // no budget, no limit
        if (!isConflict(error) || attempt === mostAttempts) throw error;
        budget = await client.get(PodDisruptionBudgets, budget.metadata);
      }
    }
  }
}

/** A pod that is not ready is no loss, if the budget says so or enough others are ready. */
function mayGoUncounted(pod: Pod, { spec, status }: PodDisruptionBudget): boolean {
  const ready = pod.status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True");
  if (ready) return false;
  if (spec.unhealthyPodEvictionPolicy === "AlwaysAllow") return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  return desiredHealthy > 0 && currentHealthy >= desiredHealthy;
}

/** Throws ApiError `TooManyRequests` when nothing may go now. */
function check({ metadata, status }: PodDisruptionBudget): void {
  const { name } = metadata;
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) {
    throw tooMany(`The disruption budget ${name} is still being processed by the server.`, 10);
  }
  if (Object.keys(status?.disruptedPods ?? {}).length > mostDisrupted) {
    const why = "DisruptedPods map too big - too many evictions not confirmed by PDB controller";
    throw new ApiError(
      "Forbidden",
      `poddisruptionbudgets.policy "${name}" is forbidden: pod disruption budget is ${why}`,
    );
  }
  if ((status?.disruptionsAllowed ?? 0) > 0) return;
  const { desiredHealthy = 0, currentHealthy = 0 } = status ?? {};
  throw tooMany(
    `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
  );
}

const refusal = "Cannot evict pod as it would violate the pod's disruption budget.";

const tooMany = (message: string, retryAfterSeconds?: number) =>
  new ApiError("TooManyRequests", refusal, {
    causes: [{ reason: "DisruptionBudget", message }],
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });
