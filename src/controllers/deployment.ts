import { isDeepStrictEqual } from "node:util";
import { type Deployment, Deployments } from "#api/apps/v1/deployment.ts";
import { type ReplicaSet, ReplicaSets } from "#api/apps/v1/replica-set.ts";
import { Pods } from "#api/core/v1/pod.ts";
import { isAlreadyExists, isNotFound } from "#api/meta/api-error.ts";
import { fromSpec, labelSelectorMatches } from "#api/meta/selector.ts";
import type { CacheReader } from "#client/cache/object-cache.ts";
import {
  type ControllerDefinition,
  cacheIndex,
  type Outcome,
  type ReconcileContext,
  wake,
} from "#controller/controller.ts";
import { claimChildren, controllerOf, controllerReference, isControlledBy } from "#controller/owners.ts";
import { isRolling, replicasOf } from "./deployment-limits.ts";
import {
  annotations,
  findNewSet,
  newReplicaSet,
  nextRevision,
  revisionOf,
  sameTemplate,
  setsToForget,
  sizeAnnotations,
  wantedAnnotations,
} from "./deployment-revision.plan.ts";
import {
  newSetSize,
  planRecreate,
  planResize,
  planRollingUpdate,
  type Scale,
  wasResized,
} from "./deployment-scaling.plan.ts";
import { isComplete, type NewSetNews, planStatus, type StatusInput } from "./deployment-status.plan.ts";
import { hasEnded } from "./pods.ts";
import { sameStatus } from "./status.ts";

/** ReplicaSets that nobody manages, by namespace. */
const orphans = "orphans";

/** Moves the pods of a Deployment from one template to the next, as its strategy says. */
export const deploymentController: ControllerDefinition<typeof Deployments> = {
  name: "deployment-controller",
  for: Deployments,
  owns: [ReplicaSets],
  indexes: [cacheIndex(ReplicaSets, orphans, (rs) => (controllerOf(rs) ? [] : [rs.metadata.namespace ?? ""]))],
  wakes: [
    wake(ReplicaSets, (rs, { cache }) => {
      if (controllerOf(rs)) return [];
      const all = cache.all(Deployments, rs.metadata.namespace);
      return all.filter((d) => labelSelectorMatches(d.spec.selector, rs.metadata.labels)).map((d) => d.metadata);
    }),
    // Recreate waits until the last old pod is really gone.
    wake(Pods, (pod, { cache }) => {
      const set = controllerOf(pod);
      const { namespace } = pod.metadata;
      if (set?.kind !== "ReplicaSet") return [];
      const owner = controllerOf(cache.find(ReplicaSets, { namespace, name: set.name }) ?? pod);
      if (owner?.kind !== "Deployment") return [];
      const deployment = cache.find(Deployments, { namespace, name: owner.name });
      return deployment && !isRolling(deployment) ? [deployment.metadata] : [];
    }),
  ],

  async reconcile(key, context) {
    const { cache, client } = context;
    const deployment = cache.find(Deployments, key);
    if (!deployment) return;
    const { matchLabels = {}, matchExpressions = [] } = deployment.spec.selector;
    if (Object.keys(matchLabels).length === 0 && matchExpressions.length === 0) {
      const message = "This deployment is selecting all pods. A non-empty selector is required.";
      context.events.event(deployment, "Warning", "SelectingAll", message);
      return;
    }
    const sets = await claimChildren({
      client,
      ownerResource: Deployments,
      owner: deployment,
      childResource: ReplicaSets,
      selector: fromSpec(deployment.spec.selector),
      candidates: [
        ...cache.ownedBy(ReplicaSets, deployment),
        ...cache.indexed(ReplicaSets, orphans, deployment.metadata.namespace ?? ""),
      ],
    });
    return roll(deployment, sets, context);
  },
};

/** One round: the set of the current template exists and is marked, one step of scaling is made, the status is told. */
async function roll(deployment: Deployment, sets: readonly ReplicaSet[], context: ReconcileContext): Promise<Outcome> {
  const found = findNewSet(deployment, sets);
  const old = sets.filter((rs) => rs !== found);
  if (deployment.metadata.deletionTimestamp) {
    return tellStatus({ deployment, newSet: found, old, sizeOnly: true }, context);
  }
  let newSet = found && (await markNewSet(deployment, found, old, context));
  if (deployment.spec.paused || wasResized(deployment, sets)) {
    newSet = await scaleAll(deployment, planResize(deployment, newSet, old), newSet, context);
    if (deployment.spec.paused) await forget(deployment, old, context);
    return tellStatus({ deployment, newSet, old, sizeOnly: true }, context);
  }
  let news: NewSetNews | undefined = newSet && { kind: "found", name: newSet.metadata.name };
  const mustWait = !isRolling(deployment) && (old.some((rs) => replicasOf(rs) > 0) || oldPodsRun(context.cache, old));
  if (!newSet && !mustWait) {
    const made = await createNewSet(deployment, old, context);
    if ("collisionCount" in made) {
      await tellStatus({ deployment, newSet, old, sizeOnly: true, ...made }, context);
      return { again: 0 };
    }
    if ("error" in made) {
      await tellStatus({ deployment, newSet, old, news: made.news }, context);
      throw made.error;
    }
    newSet = made.set;
    news = { kind: "created", name: newSet.metadata.name };
  }
  const scales =
    isRolling(deployment) && newSet
      ? planRollingUpdate(deployment, newSet, old)
      : planRecreate(deployment, newSet, old, { oldPodsRun: oldPodsRun(context.cache, old) });
  newSet = await scaleAll(deployment, scales, newSet, context);
  const { status = {}, metadata } = deployment;
  const observed = (status.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  if (scales.length === 0 && observed && isComplete(deployment, status)) await forget(deployment, old, context);
  return tellStatus({ deployment, newSet, old, news }, context);
}

function oldPodsRun(cache: CacheReader, old: readonly ReplicaSet[]): boolean {
  return old.some((rs) => cache.ownedBy(Pods, rs).some((pod) => !hasEnded(pod)));
}

/** Gives the set of the current template its revision and the Deployment's annotations; the Deployment the same revision. */
async function markNewSet(
  deployment: Deployment,
  set: ReplicaSet,
  old: readonly ReplicaSet[],
  { client }: ReconcileContext,
): Promise<ReplicaSet> {
  const wanted = wantedAnnotations(deployment, set, old);
  const minReadySeconds = deployment.spec.minReadySeconds ?? 0;
  let marked = set;
  if (!isDeepStrictEqual(set.metadata.annotations, wanted) || (set.spec.minReadySeconds ?? 0) !== minReadySeconds) {
    marked = await client.update(ReplicaSets, {
      ...set,
      metadata: { ...set.metadata, annotations: wanted },
      spec: { ...set.spec, minReadySeconds },
    });
  }
  await markRevision(deployment, revisionOf(marked), client);
  return marked;
}

async function markRevision(
  deployment: Deployment,
  revision: number,
  client: ReconcileContext["client"],
): Promise<void> {
  if (revisionOf(deployment) === revision) return;
  const body = { metadata: { annotations: { [annotations.revision]: String(revision) } } };
  await client.patch(Deployments, deployment.metadata, { type: "merge", body });
}

type Made =
  | { readonly set: ReplicaSet }
  | { readonly collisionCount: number }
  | { readonly error: unknown; readonly news: NewSetNews };

async function createNewSet(
  deployment: Deployment,
  old: readonly ReplicaSet[],
  { client, events }: ReconcileContext,
): Promise<Made> {
  const size = newSetSize(deployment, old, 0);
  const draft = newReplicaSet(deployment, old, size);
  const name = draft.metadata?.name ?? "";
  try {
    const set = await client.create(ReplicaSets, {
      ...draft,
      metadata: { ...draft.metadata, ownerReferences: [controllerReference(Deployments, deployment)] },
    });
    if (size > 0) {
      events.event(deployment, "Normal", "ScalingReplicaSet", `Scaled up replica set ${name} from 0 to ${size}`);
    }
    await markRevision(deployment, nextRevision(old), client);
    return { set };
  } catch (error) {
    if (isAlreadyExists(error)) return takenName(deployment, name, client);
    const message = error instanceof Error ? error.message : String(error);
    const news: NewSetNews = { kind: "createFailed", name, message };
    events.event(
      deployment,
      "Warning",
      "ReplicaSetCreateError",
      `Failed to create new replica set "${name}": ${message}`,
    );
    return { error, news };
  }
}

/** The name is taken: by our own set that the cache did not know yet, or by another template with the same hash. */
async function takenName(deployment: Deployment, name: string, client: ReconcileContext["client"]): Promise<Made> {
  const set = await client.get(ReplicaSets, { namespace: deployment.metadata.namespace, name });
  if (isControlledBy(set, deployment) && sameTemplate(set.spec.template, deployment.spec.template)) return { set };
  return { collisionCount: (deployment.status?.collisionCount ?? 0) + 1 };
}

/** Scales one after the other and returns the new set as it is then. */
async function scaleAll(
  deployment: Deployment,
  scales: readonly Scale[],
  newSet: ReplicaSet | undefined,
  { client, events }: ReconcileContext,
): Promise<ReplicaSet | undefined> {
  let current = newSet;
  for (const { set, replicas } of scales) {
    const before = replicasOf(set);
    const wanted = { ...set.metadata.annotations, ...sizeAnnotations(deployment) };
    if (before === replicas && isDeepStrictEqual(set.metadata.annotations, wanted)) continue;
    const scaled = await client.update(ReplicaSets, {
      ...set,
      metadata: { ...set.metadata, annotations: wanted },
      spec: { ...set.spec, replicas },
    });
    if (set === newSet) current = scaled;
    if (before === replicas) continue;
    const direction = before < replicas ? "up" : "down";
    const message = `Scaled ${direction} replica set ${set.metadata.name} from ${before} to ${replicas}`;
    events.event(deployment, "Normal", "ScalingReplicaSet", message);
  }
  return current;
}

async function forget(deployment: Deployment, old: readonly ReplicaSet[], { client }: ReconcileContext): Promise<void> {
  for (const { metadata } of setsToForget(deployment, old)) {
    try {
      await client.delete(ReplicaSets, metadata, { preconditions: { uid: metadata.uid } });
    } catch (error) {
      if (!isNotFound(error)) throw error; // gone already
    }
  }
}

async function tellStatus(input: Omit<StatusInput, "now">, { client, clock }: ReconcileContext): Promise<Outcome> {
  const { deployment } = input;
  const { status, again } = planStatus({ ...input, now: clock.now() });
  if (!sameStatus(deployment.status, status)) {
    // The revision annotation may have been written a moment ago, so the version at hand can be one too old. Only this
    // controller writes the status: without a version the write cannot overwrite anybody else's.
    const { resourceVersion: _, ...metadata } = deployment.metadata;
    await client.updateStatus(Deployments, { ...deployment, metadata, status });
  }
  return again === undefined ? undefined : { again };
}
