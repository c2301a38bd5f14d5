import type { StatefulSet, StatefulSetStatus } from "#api/apps/v1/stateful-set.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { countOf } from "#api/meta/int-or-percent.ts";
import { hasEnded, isAvailable, isReady, untilAvailable } from "./pods.ts";
import { revisionHash } from "./revision-history.ts";
import { firstOrdinal, ordinalOf, replicasOf } from "./stateful-set-pods.ts";
import { withoutZeros } from "./status.ts";

export interface StatefulState {
  readonly set: StatefulSet;
  readonly pods: readonly Pod[];
  /** Names of the revisions: the one that pods had before a rollout, and the newest. */
  readonly current: string;
  readonly update: string;
  readonly now: number;
}

export type Action =
  | { readonly do: "create"; readonly ordinal: number; readonly revision: string }
  /** It has ended and comes back under the same name. */
  | { readonly do: "replace"; readonly pod: Pod }
  /** It has a number that the set does not have any more, or an old template. */
  | { readonly do: "delete"; readonly pod: Pod; readonly scaled: boolean };

const leaves = (pod: Pod) => pod.metadata.deletionTimestamp !== undefined;
const revisionOf = (pod: Pod) => pod.metadata.labels?.[revisionHash];
const isHealthy = (pod: Pod) => pod.status?.phase === "Running" && isReady(pod) && !leaves(pod);

/** What to do now. In order, every pod waits for those before it; in parallel only the rollout goes step by step. */
export function planPods(state: StatefulState): Action[] {
  const { set, now } = state;
  if (set.metadata.deletionTimestamp) return [];
  const ordered = set.spec.podManagementPolicy !== "Parallel";
  const healthy = (pod: Pod) => isHealthy(pod) && isAvailable(pod, set.spec.minReadySeconds ?? 0, now);
  const { wanted, surplus } = sorted(state);
  const actions: Action[] = [];
  for (const [ordinal, pod] of wanted) {
    const action = comeForth(state, ordinal, pod);
    if (action) actions.push(action);
    if (ordered && (action || !pod || !healthy(pod))) return actions;
  }
  const firstUnhealthy = [...[...wanted.values()].filter((pod) => pod !== undefined), ...surplus.toReversed()].find(
    (pod) => !healthy(pod),
  );
  for (const pod of surplus) {
    if (leaves(pod)) {
      if (ordered) return actions;
      continue;
    }
    if (ordered && !healthy(pod) && pod !== firstUnhealthy) return actions;
    actions.push({ do: "delete", pod, scaled: true });
    if (ordered) return actions;
  }
  return [...actions, ...planRollout(state, wanted, healthy)];
}

function comeForth(state: StatefulState, ordinal: number, pod: Pod | undefined): Action | undefined {
  if (!pod) return { do: "create", ordinal, revision: revisionFor(state, ordinal) };
  return hasEnded(pod) && !leaves(pod) ? { do: "replace", pod } : undefined;
}

/** Below the partition a pod that comes back keeps the template that it had. */
function revisionFor({ set, current, update }: StatefulState, ordinal: number): string {
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {};
  if (type !== "RollingUpdate") return update;
  return ordinal < firstOrdinal(set) + (rollingUpdate?.partition ?? 0) ? current : update;
}

function planRollout(
  { set, update }: StatefulState,
  wanted: ReadonlyMap<number, Pod | undefined>,
  healthy: (pod: Pod) => boolean,
): Action[] {
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {};
  if (type !== "RollingUpdate") return [];
  const least = firstOrdinal(set) + (rollingUpdate?.partition ?? 0);
  let left = Math.max(countOf(rollingUpdate?.maxUnavailable ?? 1, replicasOf(set), Math.ceil), 1);
  const actions: Action[] = [];
  for (const [ordinal, pod] of [...wanted].toReversed()) {
    if (ordinal < least || left <= 0) break;
    if (!pod) {
      left--;
    } else if (revisionOf(pod) !== update) {
      if (!leaves(pod)) actions.push({ do: "delete", pod, scaled: false });
      left--;
    } else if (!healthy(pod)) left--;
  }
  return actions;
}

/** The pods that are wanted by their numbers, lowest first, and those that are too many, highest first. */
function sorted({ set, pods }: StatefulState) {
  const [first, count] = [firstOrdinal(set), replicasOf(set)];
  const wanted = new Map<number, Pod | undefined>();
  for (let ordinal = first; ordinal < first + count; ordinal++) wanted.set(ordinal, undefined);
  const surplus: Pod[] = [];
  for (const pod of pods) {
    const ordinal = ordinalOf(set, pod);
    if (ordinal === undefined) continue;
    if (wanted.has(ordinal)) wanted.set(ordinal, pod);
    else surplus.push(pod);
  }
  return { wanted, surplus: surplus.toSorted((a, b) => (ordinalOf(set, b) ?? 0) - (ordinalOf(set, a) ?? 0)) };
}

export interface StatefulStatusPlan {
  readonly status: StatefulSetStatus;
  /** Milliseconds until the next pod becomes available just by the passing of time. */
  readonly again: number | undefined;
}

export function planStatus(
  { set, pods, current, update, now }: StatefulState,
  collisionCount: number,
): StatefulStatusPlan {
  const own = pods.filter((pod) => ordinalOf(set, pod) !== undefined);
  const staying = own.filter((pod) => !leaves(pod));
  const ready = own.filter((pod) => pod.status?.phase === "Running" && isReady(pod));
  const waits = ready.map((pod) => untilAvailable(pod, set.spec.minReadySeconds ?? 0, now) ?? 0);
  const of = (revision: string) => staying.filter((pod) => revisionOf(pod) === revision).length;
  const updated = of(update);
  const complete =
    set.spec.updateStrategy?.type === "RollingUpdate" &&
    updated === own.length &&
    own.length === replicasOf(set) &&
    ready.length === own.length;
  const pending = waits.filter((ms) => ms > 0);
  return {
    status: {
      observedGeneration: set.metadata.generation ?? 0,
      replicas: own.length,
      ...withoutZeros({
        readyReplicas: ready.length,
        currentReplicas: complete ? updated : of(current),
        updatedReplicas: updated,
      }),
      availableReplicas: waits.filter((ms) => ms === 0).length,
      currentRevision: complete ? update : current,
      updateRevision: update,
      collisionCount,
    },
    again: pending.length > 0 ? Math.min(...pending) : undefined,
  };
}
