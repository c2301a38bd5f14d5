import { ControllerRevisions } from "#api/apps/v1/controller-revision.ts";
import { type DaemonSet, DaemonSets } from "#api/apps/v1/daemon-set.ts";
import { Nodes } from "#api/core/v1/node.ts";
import { type Pod, Pods } from "#api/core/v1/pod.ts";
import { type ControllerDefinition, type ReconcileContext, wake } from "#controller/controller.ts";
import { Backoff } from "#kit/backoff.ts";
import { claim, orphanIndex, wakeAdopters } from "./adoption.ts";
import { inGrowingBatches } from "./batches.ts";
import {
  type DaemonPlan,
  type DaemonState,
  planPresence,
  planRollout,
  planStatus,
  podsByNode,
} from "./daemon-set.plan.ts";
import { daemonPod, targetOf } from "./daemon-set-pods.ts";
import { createPod, deletePod } from "./pod-control.ts";
import { isActive } from "./pods.ts";
import { revisionHash, syncHistory, trimHistory } from "./revision-history.ts";
import { sameStatus } from "./status.ts";

/** No more pods than this are created before the status is told. */
const maxBurst = 250;
const failedPodBackoff = { initialMs: 1000, maxMs: 15 * 60_000 };

/** Keeps one pod of a DaemonSet on each node that it is for. */
export function daemonSetController(): ControllerDefinition<typeof DaemonSets> {
  const failures = new Failures();
  return {
    name: "daemonset-controller",
    for: DaemonSets,
    owns: [Pods, ControllerRevisions],
    indexes: [orphanIndex(Pods), orphanIndex(ControllerRevisions)],
    wakes: [
      wakeAdopters(DaemonSets, Pods),
      wake(Nodes, (_, { cache }) => cache.all(DaemonSets).map(({ metadata }) => metadata)),
    ],

    async reconcile(key, context) {
      const { cache, client, clock } = context;
      const set = cache.find(DaemonSets, key);
      if (!set) return;
      const pods = await claim(DaemonSets, set, Pods, context, isActive);
      if (set.metadata.deletionTimestamp) return;
      const { update, revisions, collisionCount } = await syncHistory({
        client,
        resource: DaemonSets,
        owner: set,
        template: set.spec.template,
        revisions: await claim(DaemonSets, set, ControllerRevisions, context),
        collisionCount: set.status?.collisionCount ?? 0,
        hashLabel: revisionHash,
      });
      const hash = update.metadata.labels?.[revisionHash] ?? "";
      const state = { set, nodes: cache.all(Nodes), pods: podsByNode(pods), hash, now: clock.now() };
      const wait = await carryOut(state, failures, context);
      const { status, again } = planStatus(state, collisionCount);
      if (!sameStatus(set.status, status)) await client.updateStatus(DaemonSets, { ...set, status });
      const live = new Set(pods.map(({ metadata }) => `${set.metadata.name}-${metadata.labels?.[revisionHash]}`));
      live.add(update.metadata.name);
      await trimHistory(client, revisions, live, set.spec.revisionHistoryLimit ?? 10);
      const waits = [again, wait].filter((ms) => ms !== undefined);
      return waits.length > 0 ? { again: Math.min(...waits) } : undefined;
    },
  };
}

/** Presence first; a rollout goes on only when every node has what it should. Resolves with the wait after a failure. */
async function carryOut(
  state: DaemonState,
  failures: Failures,
  context: ReconcileContext,
): Promise<number | undefined> {
  const presence = planPresence(state);
  const wait = await clearEnded(state.set, presence.ended, failures, context);
  const still = presence.create.length + presence.remove.length + presence.ended.length === 0;
  await change(state, still ? planRollout(state) : presence, context);
  return wait;
}

async function change(state: DaemonState, { create, remove }: DaemonPlan, context: ReconcileContext): Promise<void> {
  const { set, hash } = state;
  const names = create.slice(0, maxBurst).values();
  const made = await inGrowingBatches(Math.min(create.length, maxBurst), async () => {
    await createPod(DaemonSets, set, daemonPod(set, names.next().value as string, hash), context);
  });
  await Promise.all(remove.map((pod) => deletePod(set, pod, context)));
  if (made.error !== undefined) throw made.error;
}

/** Pods of a daemon are not meant to end. One that keeps failing on its node is given more and more time. */
async function clearEnded(
  set: DaemonSet,
  ended: readonly Pod[],
  failures: Failures,
  context: ReconcileContext,
): Promise<number | undefined> {
  const waits: number[] = [];
  const now = context.clock.now();
  for (const pod of ended) {
    const { namespace, name } = pod.metadata;
    const node = targetOf(pod);
    const failed = pod.status?.phase === "Failed";
    const wait = failed ? failures.wait(`${set.metadata.uid}/${node}`, pod.metadata.uid, now) : 0;
    if (wait > 0) {
      waits.push(wait);
      continue;
    }
    const [type, reason, word, act] = failed
      ? (["Warning", "FailedDaemonPod", "failed", "will try to kill it"] as const)
      : (["Normal", "SucceededDaemonPod", "succeeded", "will try to delete it"] as const);
    context.events.event(set, type, reason, `Found ${word} daemon pod ${namespace}/${name} on node ${node}, ${act}`);
    await deletePod(set, pod, context);
  }
  return waits.length > 0 ? Math.min(...waits) : undefined;
}

/** When the failed pod of a node may be replaced: each failure counts once. */
class Failures {
  readonly #backoff = new Backoff(failedPodBackoff);
  readonly #due = new Map<string, { readonly pod: string; readonly at: number }>();

  /** Milliseconds to wait before `pod` goes; the first failure of a node waits for nothing. */
  wait(place: string, pod: string, now: number): number {
    const known = this.#due.get(place);
    if (known?.pod === pod) return Math.max(known.at - now, 0);
    // a long time without failure makes up for those before
    if (known && now - known.at > 2 * failedPodBackoff.maxMs) this.#backoff.forget(place);
    const first = this.#backoff.failures(place) === 0;
    const delay = this.#backoff.next(place);
    const at = first ? now : now + delay;
    this.#due.set(place, { pod, at });
    return at - now;
  }
}
