import { expired } from "#api/meta/api-error.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import type { Resource } from "#api/resource.ts";
import { Ring } from "#kit/ring.ts";
import type { Change, Entry } from "#storage/storage.ts";
import { atRevision, decode, finalOf, type Stored } from "../registry/codec.ts";
import { rangePrefix } from "../registry/keys.ts";
import { type Bookmark, FeedEvent, type ObjectEvent } from "./event.ts";
import { ObjectMap } from "./object-map.ts";

export const ringCapacity = 4096;
/** So many changes are kept however old they are. */
const leastKept = 128;

/** Hears of every change at once, in the turn in which readers can see it. */
export type FeedListener = (event: ObjectEvent) => void;

/**
 * All objects of a kind as of one revision, and the most recent changes to them. The store's follower fills it;
 * watchers read on at their own pace and hold nothing but a place in the ring.
 */
export class Feed {
  readonly resource: Resource;
  readonly #objects = new ObjectMap();
  readonly #ring: Ring<FeedEvent>;
  /** All changes above it were put into the ring; those that have been overwritten since move it on. */
  #since = 0;
  /** Changes up to here, of any kind, are in. */
  #revision = 0;
  /** The last change of this kind. */
  #lastChange = 0;
  #bookmark: Bookmark | undefined;
  readonly #wakers = new Set<() => void>();
  readonly #listeners = new Set<FeedListener>();

  constructor(resource: Resource, capacity = ringCapacity) {
    this.resource = resource;
    this.#ring = new Ring(capacity);
  }

  get revision(): number {
    return this.#revision;
  }

  get size(): number {
    return this.#objects.size;
  }

  get watchers(): number {
    return this.#wakers.size;
  }

  /** Whether the objects now are those there were at `revision`. */
  unchangedSince(revision: number): boolean {
    return this.#lastChange <= revision && revision <= this.#revision;
  }

  get(key: string): KubeObject | undefined {
    return this.#objects.get(key);
  }

  /** In the order of keys, those after `after`. To be read within one turn. */
  objects(namespace?: string, after?: string): IterableIterator<readonly [key: string, object: KubeObject]> {
    return this.#objects.range(rangePrefix(this.resource, namespace), after);
  }

  /** The first content, before anybody watches. */
  load(entries: readonly Entry[], revision: number): void {
    this.#objects.load(entries.map((entry) => [entry.key, this.#decode(entry)] as const));
    this.#since = revision;
    this.#revision = revision;
    this.#lastChange = revision;
    for (const [, object] of this.objects()) this.#tell(addedEvent(object));
  }

  /** Takes in one change of this kind; the follower calls `advance` when a whole batch is in. */
  apply(change: Change): void {
    if (change.revision <= this.#revision) return;
    const { key, revision, entry, passenger } = change;
    const object = entry && (isStored(passenger) ? finalOf(this.resource, passenger, revision) : this.#decode(entry));
    this.#change(key, object, revision);
  }

  /** Everything up to `revision` is in. */
  advance(revision: number): void {
    if (revision <= this.#revision) return;
    const changed = this.#lastChange > this.#revision;
    this.#revision = revision;
    if (changed) for (const wake of this.#wakers) wake();
  }

  /** Becomes equal to what was read at `revision`, when the changes in between are lost: watchers see the difference. */
  catchUp(entries: readonly Entry[], revision: number): void {
    const present = new Set(entries.map(({ key }) => key));
    const changed = entries.filter((entry) => entry.revision > this.#revision);
    for (const entry of changed.toSorted((a, b) => a.revision - b.revision)) {
      this.#change(entry.key, this.#decode(entry), entry.revision);
    }
    const gone = [...this.objects()].filter(([key]) => !present.has(key));
    for (const [key] of gone) this.#change(key, undefined, revision);
    this.advance(revision);
  }

  /** Lets go of changes up to `revision`, of which watchers have had time to take notice, down to a few. */
  forget(revision: number): void {
    while (this.#kept > leastKept && (this.#ring.at(this.#ring.oldest)?.revision ?? 0) <= revision) this.#dropOldest();
  }

  listen(listener: FeedListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls `wake` after each batch of changes. */
  onChange(wake: () => void): () => void {
    this.#wakers.add(wake);
    return () => this.#wakers.delete(wake);
  }

  /** The place of the first change above `revision`. Throws ApiError `Expired`. */
  placeAfter(revision: number): number {
    if (revision < this.#since) throw expired(`too old resource version: ${revision} (${this.#since})`);
    return this.#ring.firstWhere((each) => each.revision > revision);
  }

  /** The place of the next change to come. */
  get end(): number {
    return this.#ring.next;
  }

  /** Up to `max` changes from a place on. Throws ApiError `Expired` when they have been overwritten. */
  take(place: number, max: number): readonly FeedEvent[] {
    const events = this.#ring.slice(place, max);
    if (!events) throw expired("too old resource version: the watch fell behind the changes that are kept");
    return events;
  }

  /** Says that everything up to now has been seen. One object for all watchers who are that far. */
  bookmark(): Bookmark {
    if (this.#bookmark?.revision !== this.#revision) {
      this.#bookmark = Object.freeze({ type: "BOOKMARK", revision: this.#revision });
    }
    return this.#bookmark as Bookmark;
  }

  #change(key: string, object: KubeObject | undefined, revision: number): void {
    const previous = this.#objects.get(key);
    if (object) this.#objects.set(key, object);
    else if (previous) this.#objects.delete(key);
    else return; // deleted before it was ever seen
    const event = Object.freeze(
      eventOf(object ?? this.#lastSight(previous as KubeObject, revision), !object, previous, revision),
    );
    if (this.#kept === this.#ring.capacity) this.#dropOldest();
    this.#ring.push(new FeedEvent(event, this.#lastSight));
    this.#lastChange = revision;
    this.#tell(event);
  }

  get #kept(): number {
    return this.#ring.next - this.#ring.oldest;
  }

  #dropOldest(): void {
    this.#since = this.#ring.at(this.#ring.oldest)?.revision ?? this.#since;
    this.#ring.dropOldest();
  }

  readonly #lastSight = (object: KubeObject, revision: number) => atRevision(this.resource, object, revision);

  #tell(event: ObjectEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #decode({ value, revision }: Entry): KubeObject {
    return decode(this.resource, value, revision);
  }
}

function eventOf(object: KubeObject, gone: boolean, previous: KubeObject | undefined, revision: number): ObjectEvent {
  if (!previous) return { type: "ADDED", object, revision };
  return { type: gone ? "DELETED" : "MODIFIED", object, previous, revision };
}

const added = new WeakMap<KubeObject, ObjectEvent>();

/** The event that introduces an object that was there before; the same one for every watcher. */
export function addedEvent(object: KubeObject): ObjectEvent {
  let event = added.get(object);
  if (!event) {
    event = Object.freeze({ type: "ADDED", object, revision: Number(object.metadata.resourceVersion) });
    added.set(object, event);
  }
  return event;
}

const isStored = (passenger: unknown): passenger is Stored =>
  typeof passenger === "object" && passenger !== null && "bytes" in passenger;
