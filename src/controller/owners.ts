import { isNotFound } from "#api/meta/api-error.ts";
import type { KubeObject, OwnerReference } from "#api/meta/object-meta.ts";
import { matches, type Selector } from "#api/meta/selector.ts";
import { apiVersionOf, type ObjectOf, type Resource } from "#api/resource.ts";
import type { Client } from "#client/client.ts";

/** The owner that manages the object; of several owners at most one does. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller);
}

export function isControlledBy(object: KubeObject, owner: KubeObject): boolean {
  return controllerOf(object)?.uid === owner.metadata.uid;
}

/** The reference by which `owner` manages a child; deleting the owner in the foreground waits for the child. */
export function controllerReference(resource: Resource, owner: KubeObject): OwnerReference {
  const { name, uid } = owner.metadata;
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** `apps/v1` → `apps`, `v1` → the core group's empty name. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? "" : apiVersion.slice(0, slash);
}

export interface Claims<O> {
  readonly keep: readonly O[];
  readonly adopt: readonly O[];
  readonly release: readonly O[];
}

/** Which of the objects belong to the owner: those it manages and selects stay, orphans it selects join, others leave. */
export function planClaims<O extends KubeObject>(
  owner: KubeObject,
  selector: Selector,
  candidates: readonly O[],
): Claims<O> {
  const ownerGoes = owner.metadata.deletionTimestamp !== undefined;
  const claims = { keep: [] as O[], adopt: [] as O[], release: [] as O[] };
  for (const candidate of candidates) {
    const controller = controllerOf(candidate);
    const selected = matches(selector, candidate.metadata.labels);
    if (controller) {
      if (controller.uid !== owner.metadata.uid) continue;
      if (selected) claims.keep.push(candidate);
      else if (!ownerGoes) claims.release.push(candidate);
    } else if (selected && !ownerGoes && candidate.metadata.deletionTimestamp === undefined) {
      claims.adopt.push(candidate);
    }
  }
  return claims;
}

export interface ClaimOptions<P extends Resource, C extends Resource> {
  readonly client: Client;
  readonly ownerResource: P;
  readonly owner: ObjectOf<P>;
  readonly childResource: C;
  readonly selector: Selector;
  readonly candidates: readonly ObjectOf<C>[];
}

/** Carries out the plan above and returns the children, the adopted ones as they are now. */
export async function claimChildren<P extends Resource, C extends Resource>(
  options: ClaimOptions<P, C>,
): Promise<ObjectOf<C>[]> {
  const { client, ownerResource, owner, childResource, selector, candidates } = options;
  const { keep, adopt, release } = planClaims(owner, selector, candidates);
  for (const child of release) await releaseChild(client, childResource, child, owner.metadata.uid);
  if (adopt.length === 0) return [...keep];
  await mayAdopt(client, ownerResource, owner);
  const reference = controllerReference(ownerResource, owner);
  const adopted: ObjectOf<C>[] = [];
  for (const child of adopt) {
    // The uid makes the patch fail if another object has taken the name meanwhile.
    const body = { metadata: { ownerReferences: [reference], uid: child.metadata.uid } };
    try {
      adopted.push(await client.patch(childResource, child.metadata, { type: "strategic", body }));
    } catch (error) {
      if (!isNotFound(error)) throw error; // gone before it was ours
    }
  }
  return [...keep, ...adopted];
}

/** The cache may not know yet that the owner is being deleted; adopting then would bring children back to life. */
async function mayAdopt<P extends Resource>(client: Client, resource: P, owner: ObjectOf<P>): Promise<void> {
  const { name, uid, namespace } = owner.metadata;
  const current = await client.get(resource, owner.metadata);
  if (current.metadata.uid !== uid) {
    throw new Error(
      `original ${resource.kind} ${namespace}/${name} is gone: got uid ${current.metadata.uid}, wanted ${uid}`,
    );
  }
  if (current.metadata.deletionTimestamp) {
    throw new Error(`${namespace}/${name} has just been deleted at ${current.metadata.deletionTimestamp}`);
  }
}

async function releaseChild<C extends Resource>(
  client: Client,
  resource: C,
  child: ObjectOf<C>,
  ownerUid: string,
): Promise<void> {
  const body = { metadata: { ownerReferences: [{ $patch: "delete", uid: ownerUid }], uid: child.metadata.uid } };
  try {
    await client.patch(resource, child.metadata, { type: "strategic", body });
  } catch (error) {
    if (!isNotFound(error)) throw error; // gone is released, too
  }
}
