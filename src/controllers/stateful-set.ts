import { type ControllerRevision, ControllerRevisions } from "#api/apps/v1/controller-revision.ts";
import { type StatefulSet, StatefulSets } from "#api/apps/v1/stateful-set.ts";
import { PersistentVolumeClaims } from "#api/core/v1/persistent-volume-claim.ts";
import { type Pod, Pods } from "#api/core/v1/pod.ts";
import { isAlreadyExists, isNotFound } from "#api/meta/api-error.ts";
import type { KubeObject, OwnerReference } from "#api/meta/object-meta.ts";
import { apiVersionOf, type Resource } from "#api/resource.ts";
import type { ControllerDefinition, ReconcileContext } from "#controller/controller.ts";
import { controllerReference } from "#controller/owners.ts";
import { claim, orphanIndex, wakeAdopters } from "./adoption.ts";
import { messageOf } from "./pod-control.ts";
import { revisionHash, syncHistory, templateOf, trimHistory } from "./revision-history.ts";
import { type Action, planPods, planStatus, type StatefulState } from "./stateful-set.plan.ts";
import { claimDraft, claimsOf, nameAt, ordinalOf, statefulPod } from "./stateful-set-pods.ts";
import { sameStatus } from "./status.ts";

/** The label that a revision of a StatefulSet carries its hash in; its pods carry the revision's name. */
const hashLabel = "controller.kubernetes.io/hash";

/** Keeps the numbered pods of a StatefulSet and their claims. */
export const statefulSetController: ControllerDefinition<typeof StatefulSets> = {
  name: "statefulset-controller",
  for: StatefulSets,
  owns: [Pods, ControllerRevisions],
  reads: [PersistentVolumeClaims],
  indexes: [orphanIndex(Pods), orphanIndex(ControllerRevisions)],
  wakes: [wakeAdopters(StatefulSets, Pods)],

  async reconcile(key, context) {
    const { cache, client, clock } = context;
    const set = cache.find(StatefulSets, key);
    if (!set) return;
    const pods = await claim(StatefulSets, set, Pods, context, (pod) => ordinalOf(set, pod) !== undefined);
    if (set.metadata.deletionTimestamp) return;
    const { update, revisions, collisionCount } = await syncHistory({
      client,
      resource: StatefulSets,
      owner: set,
      template: set.spec.template,
      revisions: await claim(StatefulSets, set, ControllerRevisions, context),
      collisionCount: set.status?.collisionCount ?? 0,
      hashLabel,
    });
    const current = revisions.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? update;
    const names = { current: current.metadata.name, update: update.metadata.name };
    const state: StatefulState = { set, pods, ...names, now: clock.now() };
    const byName = new Map([current, update].map((revision) => [revision.metadata.name, revision]));
    for (const action of planPods(state)) await act(set, action, byName, context);
    const { status, again } = planStatus(state, collisionCount);
    if (!sameStatus(set.status, status)) await client.updateStatus(StatefulSets, { ...set, status });
    const live = new Set([
      ...Object.values(names),
      ...pods.map(({ metadata }) => metadata.labels?.[revisionHash] ?? ""),
    ]);
    await trimHistory(client, revisions, live, set.spec.revisionHistoryLimit ?? 10);
    return again === undefined ? undefined : { again };
  },
};

async function act(
  set: StatefulSet,
  action: Action,
  revisions: ReadonlyMap<string, ControllerRevision>,
  context: ReconcileContext,
): Promise<void> {
  if (action.do === "create") {
    const { ordinal, revision } = action;
    const template = templateOf(revisions.get(revision) as ControllerRevision);
    await createClaims(set, ordinal, context);
    const draft = statefulPod(set, ordinal, template, revision);
    const metadata = { ...draft.metadata, ownerReferences: [controllerReference(StatefulSets, set)] };
    await told(set, "Create", nameAt(set, ordinal), context, () => context.client.create(Pods, { ...draft, metadata }));
    return;
  }
  const { pod } = action;
  if (action.do === "replace") tellOfEnd(set, pod, context);
  else if (action.scaled) await letClaimsGoWith(set, pod, context);
  await told(set, "Delete", pod.metadata.name, context, () => deletePod(pod, context));
}

function tellOfEnd(set: StatefulSet, pod: Pod, { events }: ReconcileContext): void {
  const failed = pod.status?.phase === "Failed";
  const [type, reason, word] = failed
    ? (["Warning", "RecreatingFailedPod", "failed"] as const)
    : (["Normal", "RecreatingTerminatedPod", "terminated"] as const);
  const { namespace, name } = set.metadata;
  const message = `StatefulSet ${namespace}/${name} is recreating ${word} Pod ${pod.metadata.name}`;
  events.event(set, type, reason, message);
}

async function deletePod(pod: Pod, { client }: ReconcileContext): Promise<void> {
  try {
    await client.delete(Pods, pod.metadata, { preconditions: { uid: pod.metadata.uid } });
  } catch (error) {
    if (!isNotFound(error)) throw error; // gone is what it should be
  }
}

/** Does something to a pod and tells of it, or of why it could not be done. */
async function told(
  set: StatefulSet,
  verb: "Create" | "Delete",
  pod: string,
  { events }: ReconcileContext,
  act: () => Promise<unknown>,
): Promise<void> {
  const what = `${verb.toLowerCase()} Pod ${pod} in StatefulSet ${set.metadata.name}`;
  try {
    await act();
    events.event(set, "Normal", `Successful${verb}`, `${what} successful`);
  } catch (error) {
    events.event(set, "Warning", `Failed${verb}`, `${what} failed error: ${messageOf(error)}`);
    throw error;
  }
}

async function createClaims(set: StatefulSet, ordinal: number, context: ReconcileContext): Promise<void> {
  const { cache, client, events } = context;
  const { namespace } = set.metadata;
  const goesWithSet = set.spec.persistentVolumeClaimRetentionPolicy?.whenDeleted === "Delete";
  for (const wanted of claimsOf(set, ordinal)) {
    if (cache.find(PersistentVolumeClaims, { namespace, name: wanted.name })) continue;
    const draft = claimDraft(set, wanted);
    const ownerReferences = goesWithSet ? [ownerReference(StatefulSets, set)] : undefined;
    const what = `create Claim ${wanted.name} Pod ${nameAt(set, ordinal)} in StatefulSet ${set.metadata.name}`;
    try {
      const metadata = { ...draft.metadata, ...(ownerReferences && { ownerReferences }) };
      await client.create(PersistentVolumeClaims, { ...draft, metadata });
      events.event(set, "Normal", "SuccessfulCreate", `${what} success`);
    } catch (error) {
      if (isAlreadyExists(error)) continue; // the cache did not know it yet
      events.event(set, "Warning", "FailedCreate", `${what} failed error: ${messageOf(error)}`);
      throw error;
    }
  }
}

/** Where claims are not to outlive a smaller set, the pod that goes becomes their owner, and they go with it. */
async function letClaimsGoWith(set: StatefulSet, pod: Pod, { cache, client }: ReconcileContext): Promise<void> {
  if (set.spec.persistentVolumeClaimRetentionPolicy?.whenScaled !== "Delete") return;
  for (const { name } of claimsOf(set, ordinalOf(set, pod) ?? 0)) {
    const known = cache.find(PersistentVolumeClaims, { namespace: set.metadata.namespace, name });
    if (!known) continue;
    const ownerReferences = [ownerReference(Pods, pod)];
    const body = { metadata: { uid: known.metadata.uid, ownerReferences } };
    await client.patch(PersistentVolumeClaims, known.metadata, { type: "merge", body });
  }
}

/** An owner that does not manage what it owns. */
const ownerReference = (resource: Resource, { metadata: { name, uid } }: KubeObject): OwnerReference => ({
  apiVersion: apiVersionOf(resource),
  kind: resource.kind,
  name,
  uid,
});
