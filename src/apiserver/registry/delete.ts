import { conflict, isNotFound, notFound, type Status, staleObject } from "#api/meta/api-error.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import type { ObjectList } from "#api/meta/watch.ts";
import { qualifiedName, type Resource } from "#api/resource.ts";
import type { Key } from "#client/client.ts";
import type { DeleteOptions } from "#client/transport.ts";
import { deepFreeze } from "./codec.ts";
import { planDeletion } from "./delete.plan.ts";
import { Outrun } from "./kind-store.ts";
import { checkPreconditions, type Desk, type Writing } from "./write.ts";

export interface Deletion {
  readonly key: Key;
  readonly options: DeleteOptions;
  readonly writing: Writing;
}

export interface Deleted {
  /** The object is gone; otherwise it is marked and goes later. */
  readonly gone: boolean;
  /** As it was last. */
  readonly object: KubeObject;
}

/** A write that loses this often against others gives up. */
const mostAttempts = 100;

/** Throws ApiError. */
export async function remove(desk: Desk, request: Deletion): Promise<Deleted> {
  const { store } = desk;
  const { name } = request.key;
  let old: KubeObject | undefined = await store.get(request.key);
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    if (!old) throw notFound(store.resource, name);
    checkDeletionPreconditions(desk, request.options, old);
    await reviewDeletion(desk, request, old);
    try {
      return await attemptRemove(desk, request, old);
    } catch (error) {
      if (!(error instanceof Outrun)) throw error;
      old = error.current;
    }
  }
  throw conflict(store.resource, name, staleObject);
}

async function attemptRemove(
  { store, clock }: Desk,
  { options, writing }: Deletion,
  old: KubeObject,
): Promise<Deleted> {
  const { dryRun } = writing.options;
  const plan = planDeletion(store.resource, old, options, clock.now());
  switch (plan.do) {
    case "nothing":
      return { gone: false, object: old };
    case "mark":
      return { gone: false, object: dryRun ? deepFreeze(plan.next) : await store.replace(old, plan.next) };
    case "remove":
      if (!dryRun) await store.remove(old);
      return { gone: true, object: old };
  }
}

function checkDeletionPreconditions(desk: Desk, { preconditions }: DeleteOptions, old: KubeObject): void {
  if (!preconditions) return;
  checkPreconditions(desk, { uid: preconditions.uid }, old);
  const { resourceVersion } = preconditions;
  if (resourceVersion === undefined || resourceVersion === old.metadata.resourceVersion) return;
  const why = `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${old.metadata.resourceVersion}`;
  throw conflict(desk.store.resource, old.metadata.name, why);
}

function reviewDeletion({ store, admission }: Desk, { key, writing }: Deletion, old: KubeObject): Promise<void> {
  return admission.validate({
    verb: "delete",
    resource: store.resource,
    namespace: key.namespace,
    name: key.name,
    old,
    user: writing.user,
    dryRun: writing.options.dryRun ?? false,
  });
}

const atOnce = 32;

/** Deletes what a list holds. What others delete meanwhile is no failure. */
export async function removeAll(
  desk: Desk,
  { items }: ObjectList,
  request: Omit<Deletion, "key">,
): Promise<KubeObject[]> {
  const removed: KubeObject[] = [];
  for (let i = 0; i < items.length; i += atOnce) {
    const batch = items.slice(i, i + atOnce).map(async ({ metadata: { namespace, name } }) => {
      try {
        removed.push((await remove(desk, { ...request, key: { namespace, name } })).object);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    });
    await Promise.all(batch);
  }
  return removed;
}

/** Kinds whose deletion is answered with the object rather than with a Status. */
const answersWithObject = new Set(["pods", "services", "serviceaccounts"]);

/** What the client gets to see of a deletion. */
export function deletionAnswer(resource: Resource, { gone, object }: Deleted): object {
  if (!gone || answersWithObject.has(qualifiedName(resource))) return object;
  const { name, uid } = object.metadata;
  const { group, plural } = resource;
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: { name, ...(group && { group }), kind: plural, uid },
  } satisfies Status;
}
