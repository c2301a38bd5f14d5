import type { KubeObject } from "#api/meta/object-meta.ts";
import type { Resource } from "#api/resource.ts";
import type { Caches } from "#client/cache/caches.ts";
import type { Client, Key } from "#client/client.ts";

/**
 * A client that remembers what was written through it, and `seen`, which resolves when all of that is in the cache.
 *
 * The worker calls `seen` before it lets a key go, so a reconciler always finds its own last writes in the cache and
 * never creates or deletes twice because the cache lags. In Kubernetes each controller counts the events it expects;
 * here revisions, which are ordered over all writes, tell the same without any book-keeping by the controllers.
 */
export function ownWrites(
  client: Client,
  caches: Caches,
): { client: Client; seen(signal: AbortSignal): Promise<void> } {
  const written = new Map<Resource, number>();
  const deleted: { resource: Resource; key: Key; uid: string }[] = [];

  const note = <O>(resource: Resource, object: O): O => {
    const revision = Number((object as KubeObject).metadata?.resourceVersion);
    if (caches.follows(resource) && revision > (written.get(resource) ?? 0)) written.set(resource, revision);
    return object;
  };

  const tracked: Client = {
    ...client,
    create: async (resource, object, options) => note(resource, await client.create(resource, object, options)),
    update: async (resource, object, options) => note(resource, await client.update(resource, object, options)),
    updateStatus: async (resource, object, options) =>
      note(resource, await client.updateStatus(resource, object, options)),
    patch: async (resource, key, patch, options) => note(resource, await client.patch(resource, key, patch, options)),
    async delete(resource, key, options) {
      const uid = caches.follows(resource) ? caches.find(resource, key)?.metadata.uid : undefined;
      await client.delete(resource, key, options);
      if (uid && !options?.dryRun) deleted.push({ resource, key, uid });
    },
  };

  /** A deletion gives no revision: it is seen when the object is marked, gone, or another one of that name is there. */
  const deletionSeen = ({ resource, key, uid }: (typeof deleted)[number]) => {
    const metadata = caches.find(resource, key)?.metadata;
    return metadata?.uid !== uid || metadata.deletionTimestamp !== undefined;
  };

  return {
    client: tracked,
    async seen(signal) {
      for (const [resource, revision] of written) await caches.reached(resource, revision, signal);
      for (const one of deleted) await caches.store(one.resource).until(() => deletionSeen(one), signal);
    },
  };
}
