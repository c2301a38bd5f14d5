import type { KubeObject } from "#api/meta/object-meta.ts";
import { type ObjectOf, qualifiedName, type Resource } from "#api/resource.ts";
import type { Key } from "../client.ts";
import { type CacheHandler, objectKey, Store } from "./store.ts";

/** What is known locally of the cluster, kept up to date by watches. Objects are frozen and shared: copy before you change. */
export interface CacheReader {
  find<R extends Resource>(resource: R, key: Key): ObjectOf<R> | undefined;
  all<R extends Resource>(resource: R, namespace?: string): readonly ObjectOf<R>[];
  /** Objects of `resource` whose controlling owner has the uid of `owner`. */
  ownedBy<R extends Resource>(resource: R, owner: KubeObject): readonly ObjectOf<R>[];
  /** Objects under `value` in the index `name` of the cache of this resource. */
  indexed<R extends Resource>(resource: R, name: string, value: string): readonly ObjectOf<R>[];
}

const byNamespace = "namespace";
const byController = "controller";

/** One store per kind. It only remembers: a reflector fills each store. */
export class ObjectCache implements CacheReader {
  readonly #stores = new Map<string, Store>();

  find<R extends Resource>(resource: R, key: Key): ObjectOf<R> | undefined {
    return this.store(resource).get(objectKey(key));
  }

  all<R extends Resource>(resource: R, namespace?: string): readonly ObjectOf<R>[] {
    const store = this.store(resource);
    return namespace === undefined ? store.all() : store.indexed(byNamespace, namespace);
  }

  ownedBy<R extends Resource>(resource: R, owner: KubeObject): readonly ObjectOf<R>[] {
    return this.store(resource).indexed(byController, owner.metadata.uid);
  }

  indexed<R extends Resource>(resource: R, name: string, value: string): readonly ObjectOf<R>[] {
    return this.store(resource).indexed(name, value);
  }

  /** Adds an index. One name means one thing for a resource: given twice, the first stays. */
  index<R extends Resource>(resource: R, name: string, values: (object: ObjectOf<R>) => readonly string[]): void {
    this.store(resource).index(name, values);
  }

  /** Calls the handler for all that is known and all that changes, in order; the returned function ends it. */
  subscribe<R extends Resource>(resource: R, handler: CacheHandler<ObjectOf<R>>): () => void {
    return this.store(resource).subscribe(handler);
  }

  /** The store of a kind, empty at first. */
  store<R extends Resource>(resource: R): Store<ObjectOf<R>> {
    const name = qualifiedName(resource);
    let store = this.#stores.get(name);
    if (!store) {
      store = new Store();
      store.index(byNamespace, ({ metadata }) => [metadata.namespace ?? ""]);
      store.index(byController, ({ metadata }) => {
        const owner = metadata.ownerReferences?.find((reference) => reference.controller);
        return owner ? [owner.uid] : [];
      });
      this.#stores.set(name, store);
    }
    // The map's key is the kind, so what lies under it holds objects of that kind.
    return store as unknown as Store<ObjectOf<R>>;
  }
}
