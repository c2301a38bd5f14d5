import { alreadyExists, notFound } from "#api/meta/api-error.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import type { Resource } from "#api/resource.ts";
import type { Key } from "#client/client.ts";
import { checkPermission } from "#kit/permission.ts";
import { type Storage, StorageConflict, type Write } from "#storage/storage.ts";
import type { Feed } from "../watch/feed.ts";
import type { StorageFollower } from "../watch/follower.ts";
import { decode, encode, finalOf, type Stored } from "./codec.ts";
import { objectKey } from "./keys.ts";

/** Somebody else wrote first; `current` is what they left. */
export class Outrun extends Error {
  readonly current: KubeObject | undefined;

  constructor(current: KubeObject | undefined) {
    super("the object was changed in between");
    this.name = "Outrun";
    this.current = current;
  }
}

/** The objects of one kind: reads come from the feed, writes go to the storage and are acknowledged once the feed has them. */
export class KindStore {
  readonly resource: Resource;
  readonly feed: Feed;
  readonly #storage: Storage;
  readonly #follower: StorageFollower;

  constructor(resource: Resource, { storage, follower }: { storage: Storage; follower: StorageFollower }) {
    this.resource = resource;
    this.feed = follower.add(resource);
    this.#storage = storage;
    this.#follower = follower;
  }

  get storage(): Storage {
    return this.#storage;
  }

  get follower(): StorageFollower {
    return this.#follower;
  }

  /** As it is now; `undefined` when there is none. */
  async find({ namespace, name }: Key): Promise<KubeObject | undefined> {
    await this.#follower.upToDate();
    return this.feed.get(objectKey(this.resource, namespace, name));
  }

  /** Throws ApiError `NotFound`. */
  async get(key: Key): Promise<KubeObject> {
    const object = await this.find(key);
    if (!object) throw notFound(this.resource, key.name);
    return object;
  }

  /** Throws ApiError `AlreadyExists`. */
  async insert(object: KubeObject): Promise<KubeObject> {
    try {
      return await this.#put(object, 0);
    } catch (error) {
      if (error instanceof StorageConflict) throw alreadyExists(this.resource, object.metadata.name);
      throw error;
    }
  }

  /** Throws Outrun. */
  replace(old: KubeObject, next: KubeObject): Promise<KubeObject> {
    return this.#orOutrun(this.#put(next, revisionOf(old)));
  }

  /** Throws Outrun. */
  async remove(old: KubeObject): Promise<void> {
    const key = this.#keyOf(old);
    await this.#orOutrun(this.#write({ key, value: undefined, expect: revisionOf(old) }));
  }

  async #put(object: KubeObject, expect: number): Promise<KubeObject> {
    const stored: Stored = encode(this.resource, object);
    const revision = await this.#write({ key: this.#keyOf(object), value: stored.bytes, expect, passenger: stored });
    return finalOf(this.resource, stored, revision);
  }

  async #write(write: Write): Promise<number> {
    const { ttlSeconds } = this.resource;
    const withTtl = write.value && ttlSeconds && this.#storage.supports.ttl ? { ...write, ttlSeconds } : write;
    checkPermission();
    const { revision } = await this.#storage.write(withTtl);
    // who writes must find it when he reads next; with other writers a read asks the storage how far it is
    if (!this.#storage.supports.otherWriters) await this.#follower.reached(revision);
    return revision;
  }

  async #orOutrun<T>(write: Promise<T>): Promise<T> {
    try {
      return await write;
    } catch (error) {
      if (!(error instanceof StorageConflict)) throw error;
      const { current } = error;
      throw new Outrun(current && decode(this.resource, current.value, current.revision));
    }
  }

  #keyOf({ metadata: { namespace, name } }: KubeObject): string {
    return objectKey(this.resource, namespace, name);
  }
}

export const revisionOf = ({ metadata }: KubeObject): number => Number(metadata.resourceVersion);
