import { type ReplicaSet, ReplicaSets } from "#api/apps/v1/replica-set.ts";
import { type Pod, Pods } from "#api/core/v1/pod.ts";
import { fromSpec, labelSelectorMatches } from "#api/meta/selector.ts";
import type { CacheReader } from "#client/cache/object-cache.ts";
import { type ControllerDefinition, cacheIndex, type ReconcileContext, wake } from "#controller/controller.ts";
import { claimChildren, controllerOf } from "#controller/owners.ts";
import { inGrowingBatches } from "./batches.ts";
import { createPod, deletePod, messageOf, podFromTemplate } from "./pod-control.ts";
import { isActive } from "./pods.ts";
import { planReplicas, planStatus, type ReplicaFailure } from "./replica-set.plan.ts";
import { sameStatus } from "./status.ts";

/** Pods that nobody manages, by namespace. */
const orphans = "orphans";

/** Keeps as many pods of a template as its ReplicaSet says. */
export const replicaSetController: ControllerDefinition<typeof ReplicaSets> = {
  name: "replicaset-controller",
  for: ReplicaSets,
  owns: [Pods],
  indexes: [cacheIndex(Pods, orphans, (pod) => (controllerOf(pod) ? [] : [pod.metadata.namespace ?? ""]))],
  wakes: [
    wake(Pods, (pod, { cache }) => {
      if (controllerOf(pod)) return [];
      const sets = cache.all(ReplicaSets, pod.metadata.namespace);
      return sets.filter((rs) => labelSelectorMatches(rs.spec.selector, pod.metadata.labels)).map((rs) => rs.metadata);
    }),
  ],

  async reconcile(key, context) {
    const { cache, client, clock } = context;
    const rs = cache.find(ReplicaSets, key);
    if (!rs) return;
    const candidates = [
      ...cache.ownedBy(Pods, rs),
      ...cache.indexed(Pods, orphans, rs.metadata.namespace ?? "").filter(isActive),
    ];
    const pods = await claimChildren({
      client,
      ownerResource: ReplicaSets,
      owner: rs,
      childResource: Pods,
      selector: fromSpec(rs.spec.selector),
      candidates,
    });
    const now = clock.now();
    const plan = planReplicas(rs, pods, () => relatedPods(cache, rs), now);
    const failure = await carryOut(rs, plan, context);
    const { status, again } = planStatus(rs, pods, failure?.shown, now);
    if (!sameStatus(rs.status, status)) await client.updateStatus(ReplicaSets, { ...rs, status });
    if (failure) throw failure.error;
    return again === undefined ? undefined : { again };
  },
};

interface Failure {
  readonly shown: ReplicaFailure;
  readonly error: unknown;
}

async function carryOut(
  rs: ReplicaSet,
  { create, remove }: ReturnType<typeof planReplicas>,
  context: ReconcileContext,
): Promise<Failure | undefined> {
  const created = await inGrowingBatches(create, async () => {
    await createPod(ReplicaSets, rs, podFromTemplate(rs, rs.spec.template), context);
  });
  if (created.error !== undefined) return failed("FailedCreate", created.error);
  const deleted = await Promise.allSettled(remove.map((pod) => deletePod(rs, pod, context)));
  const problem = deleted.find((result) => result.status === "rejected");
  return problem && failed("FailedDelete", problem.reason);
}

const failed = (reason: ReplicaFailure["reason"], error: unknown): Failure => ({
  shown: { reason, message: messageOf(error) },
  error,
});

/** The pods of all sets of the same owner: those of a Deployment's old and new revisions do the same work. */
function relatedPods(cache: CacheReader, rs: ReplicaSet): readonly Pod[] {
  const owner = controllerOf(rs);
  if (!owner) return cache.ownedBy(Pods, rs);
  const siblings = cache
    .all(ReplicaSets, rs.metadata.namespace)
    .filter((other) => controllerOf(other)?.uid === owner.uid);
  return siblings.flatMap((sibling) => cache.ownedBy(Pods, sibling));
}
