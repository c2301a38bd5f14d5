import type { KubeObject } from "#api/meta/object-meta.ts";
import type { ObjectOf, Resource } from "#api/resource.ts";
import type { Key } from "../client.ts";

/** What is known locally of the cluster, kept up to date by watches. Objects are frozen and shared: copy before you change. */
export interface CacheReader {
  find<R extends Resource>(resource: R, key: Key): ObjectOf<R> | undefined;
  all<R extends Resource>(resource: R, namespace?: string): readonly ObjectOf<R>[];
  /** Objects of `resource` whose controlling owner has the uid of `owner`. */
  ownedBy<R extends Resource>(resource: R, owner: KubeObject): readonly ObjectOf<R>[];
  /** Objects under `value` in the index `name` of the cache of this resource. */
  indexed<R extends Resource>(resource: R, name: string, value: string): readonly ObjectOf<R>[];
}
