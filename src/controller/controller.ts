import type { KubeObject } from "#api/meta/object-meta.ts";
import type { Resource } from "#api/resource.ts";
import type { CacheReader } from "#client/cache/object-cache.ts";
import type { Client, Key } from "#client/client.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";

/** Nothing = done until the next event; `again` = look once more in so many milliseconds; throw = retry with back-off. */
// biome-ignore lint/suspicious/noConfusingVoidType: a reconciler that just returns is done
export type Outcome = void | undefined | { readonly again: number };

/** Thrown by a reconciler when trying again cannot help; it is logged, and the key waits for its next event. */
export class Terminal extends Error {}

export interface ReconcileContext {
  readonly client: Client;
  readonly cache: CacheReader;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export interface ControllerDefinition<R extends Resource = Resource> {
  readonly name: string;
  readonly for: R;
  /** An event on a child wakes its controlling owner. */
  readonly owns?: readonly Resource[];
  readonly wakes?: readonly {
    readonly on: Resource;
    keys(object: KubeObject, context: { readonly cache: CacheReader }): readonly Key[];
  }[];
  readonly workers?: number;
  /** Brings the world nearer to what the object wants. Gets a key, never an event: look at the cache, decide, act. */
  reconcile(key: Key, context: ReconcileContext): Promise<Outcome>;
}
