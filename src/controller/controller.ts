import type { KubeObject } from "#api/meta/object-meta.ts";
import type { ObjectOf, Resource } from "#api/resource.ts";
import type { CacheReader } from "#client/cache/object-cache.ts";
import type { Client, Key } from "#client/client.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import type { EventRecorder } from "./events.ts";

/** Nothing = done until the next event; `again` = look once more in so many milliseconds; throw = retry with back-off. */
// biome-ignore lint/suspicious/noConfusingVoidType: a reconciler that just returns is done
export type Outcome = void | undefined | { readonly again: number };

/** Thrown by a reconciler when trying again cannot help; it is logged, and the key waits for its next event. */
export class Terminal extends Error {}

export interface ReconcileContext {
  /** A key is not handed out again before its own writes through this client are in the cache. */
  readonly client: Client;
  readonly cache: CacheReader;
  readonly clock: Clock;
  readonly log: Logger;
  readonly events: EventRecorder;
  readonly signal: AbortSignal;
}

/** Reads the wakes of one kind; declared through a method so that each may take its own kind's object. */
type KeysOf = { keys(object: KubeObject, context: { readonly cache: CacheReader }): readonly Key[] }["keys"];

export interface Wake {
  readonly on: Resource;
  readonly keys: KeysOf;
}

export interface CacheIndex {
  readonly on: Resource;
  readonly name: string;
  readonly values: { values(object: KubeObject): readonly string[] }["values"];
}

export interface ControllerDefinition<R extends Resource = Resource> {
  readonly name: string;
  readonly for: R;
  /** An event on a child wakes its controlling owner. */
  readonly owns?: readonly Resource[];
  /** An event on another kind wakes these keys; asked for the object as it is and as it was. */
  readonly wakes?: readonly Wake[];
  /** Kinds that `reconcile` reads without being woken by them. */
  readonly reads?: readonly Resource[];
  readonly indexes?: readonly CacheIndex[];
  /** Keys to look at once at the start, besides those of the objects there are. */
  readonly begin?: readonly Key[];
  readonly workers?: number;
  /** Brings the world nearer to what the object wants. Gets a key, never an event: look at the cache, decide, act. */
  reconcile(key: Key, context: ReconcileContext): Promise<Outcome>;
}

/** A wake whose function takes the objects of the kind it names. */
export function wake<R extends Resource>(
  on: R,
  keys: (object: ObjectOf<R>, context: { readonly cache: CacheReader }) => readonly Key[],
): Wake {
  return { on, keys: (object, context) => keys(object as ObjectOf<R>, context) };
}

/** An index whose function takes the objects of the kind it names. */
export function cacheIndex<R extends Resource>(
  on: R,
  name: string,
  values: (object: ObjectOf<R>) => readonly string[],
): CacheIndex {
  return { on, name, values: (object) => values(object as ObjectOf<R>) };
}
