import type { KubeObject } from "#api/meta/object-meta.ts";
import type { WatchEvent } from "#api/meta/watch.ts";

/** One change of what is known. `previous` is what was known before; a deletion carries the object's last state. */
export interface CacheEvent<O extends KubeObject = KubeObject> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: O;
  readonly previous?: O | undefined;
}

export type CacheHandler<O extends KubeObject = KubeObject> = (events: readonly CacheEvent<O>[]) => void;

interface Index<O> {
  readonly values: (object: O) => readonly string[];
  readonly entries: Map<string, Map<string, O>>;
}

export const objectKey = ({ namespace, name }: { namespace?: string | undefined; name: string }): string =>
  `${namespace ?? ""}/${name}`;

/** All known objects of one kind, with their indexes. Every change costs the same, however many objects there are. */
export class Store<O extends KubeObject = KubeObject> {
  readonly #objects = new Map<string, O>();
  readonly #indexes = new Map<string, Index<O>>();
  readonly #handlers = new Set<CacheHandler<O>>();
  readonly #waiting = new Set<() => void>();
  /** The objects as an array, made when asked for and dropped at the next change. */
  #all: readonly O[] | undefined;
  #revision = 0;
  #synced = false;

  /** Everything up to this revision has been seen. Only grows, except when the server's own history starts over. */
  get revision(): number {
    return this.#revision;
  }

  /** Whether the first complete list is in. */
  get synced(): boolean {
    return this.#synced;
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): O | undefined {
    return this.#objects.get(key);
  }

  all(): readonly O[] {
    this.#all ??= Object.freeze([...this.#objects.values()]);
    return this.#all;
  }

  indexed(name: string, value: string): readonly O[] {
    const index = this.#indexes.get(name);
    if (!index) throw new Error(`no index "${name}"`);
    const entry = index.entries.get(value);
    return entry ? [...entry.values()] : [];
  }

  /** Adds an index over what is known and what will be. The same name again changes nothing. */
  index(name: string, values: (object: O) => readonly string[]): void {
    if (this.#indexes.has(name)) return;
    const index: Index<O> = { values, entries: new Map() };
    this.#indexes.set(name, index);
    for (const [key, object] of this.#objects) enter(index, key, object);
  }

  /** The handler is told of everything already known as ADDED, then of each batch of changes once it is in the store. */
  subscribe(handler: CacheHandler<O>): () => void {
    this.#handlers.add(handler);
    if (this.#objects.size > 0) handler(this.all().map((object) => ({ type: "ADDED", object })));
    return () => void this.#handlers.delete(handler);
  }

  /** Resolves as soon as `test` holds; asked again after every batch. */
  until(test: () => boolean, signal?: AbortSignal): Promise<void> {
    if (test()) return Promise.resolve();
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.#waiting.delete(look);
        reject(signal?.reason);
      };
      const look = () => {
        if (!test()) return;
        this.#waiting.delete(look);
        signal?.removeEventListener("abort", stop);
        resolve();
      };
      this.#waiting.add(look);
      signal?.addEventListener("abort", stop, { once: true });
    });
  }

  /** Takes a batch of a watch. */
  apply(batch: readonly WatchEvent<O>[]): void {
    const events: CacheEvent<O>[] = [];
    for (const event of batch) {
      this.#revision = Math.max(this.#revision, event.revision);
      if (event.type === "BOOKMARK") continue;
      const key = objectKey(event.object.metadata);
      if (event.type === "DELETED") this.#remove(key, event.object, events);
      else this.#put(key, event.object, events);
    }
    this.#tell(events);
  }

  /** Takes a complete list: what is not in it is gone, even if nobody saw it go. */
  replace(items: readonly O[], revision: number): void {
    const events: CacheEvent<O>[] = [];
    const listed = new Set(items.map((object) => objectKey(object.metadata)));
    for (const [key, object] of this.#objects) if (!listed.has(key)) this.#remove(key, object, events);
    for (const object of items) this.#put(objectKey(object.metadata), object, events);
    this.#revision = revision;
    this.#synced = true;
    this.#tell(events);
  }

  #put(key: string, object: O, events: CacheEvent<O>[]): void {
    const previous = this.#objects.get(key);
    if (previous?.metadata.resourceVersion === object.metadata.resourceVersion) return;
    if (previous && previous.metadata.uid !== object.metadata.uid) {
      this.#remove(key, previous, events);
      this.#put(key, object, events);
      return;
    }
    for (const index of this.#indexes.values()) {
      if (previous) leave(index, key, previous);
      enter(index, key, object);
    }
    this.#objects.set(key, object);
    events.push(previous ? { type: "MODIFIED", object, previous } : { type: "ADDED", object });
  }

  #remove(key: string, last: O, events: CacheEvent<O>[]): void {
    const previous = this.#objects.get(key);
    if (!previous) return;
    for (const index of this.#indexes.values()) leave(index, key, previous);
    this.#objects.delete(key);
    events.push({ type: "DELETED", object: last, previous });
  }

  #tell(events: readonly CacheEvent<O>[]): void {
    if (events.length > 0) {
      this.#all = undefined;
      for (const handler of this.#handlers) handler(events);
    }
    for (const look of this.#waiting) look();
  }
}

function enter<O>(index: Index<O>, key: string, object: O): void {
  for (const value of index.values(object)) {
    const entry = index.entries.get(value);
    if (entry) entry.set(key, object);
    else index.entries.set(value, new Map([[key, object]]));
  }
}

function leave<O>(index: Index<O>, key: string, object: O): void {
  for (const value of index.values(object)) {
    const entry = index.entries.get(value);
    entry?.delete(key);
    if (entry?.size === 0) index.entries.delete(value);
  }
}
