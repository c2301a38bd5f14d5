import { isNotFound } from "#api/meta/api-error.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import type { ObjectOf, Resource } from "#api/resource.ts";
import type { Client } from "#client/client.ts";

export const foregroundDeletion = "foregroundDeletion";
export const orphanDependents = "orphan";

export function hasFinalizer(object: KubeObject, finalizer: string): boolean {
  return object.metadata.finalizers?.includes(finalizer) ?? false;
}

/** Takes the finalizer off; the object goes when it was the last one and a deletion waits. */
export async function removeFinalizer<R extends Resource>(
  client: Client,
  resource: R,
  object: ObjectOf<R>,
  finalizer: string,
): Promise<void> {
  const { resourceVersion, finalizers = [] } = object.metadata;
  // The resourceVersion makes the patch fail if the list was changed meanwhile: it replaces the list as a whole.
  const body = { metadata: { resourceVersion, finalizers: finalizers.filter((each) => each !== finalizer) } };
  try {
    await client.patch(resource, object.metadata, { type: "merge", body });
  } catch (error) {
    if (!isNotFound(error)) throw error; // whoever removed it did our work
  }
}
