import { ApiError, isExpired } from "#api/meta/api-error.ts";
import type { ObjectOf, Resource } from "#api/resource.ts";
import { qualifiedName } from "#api/resource.ts";
import { type BackoffOptions, backoffDelay } from "#kit/backoff.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import { pause } from "#kit/sleep.ts";
import type { Client, ListOptions } from "../client.ts";
import type { Store } from "./store.ts";

export interface ReflectorOptions {
  readonly client: Pick<Client, "list" | "watch">;
  readonly clock: Clock;
  readonly log: Logger;
  /** Follows only part of the objects. */
  readonly select?: Pick<ListOptions, "namespace" | "labelSelector" | "fieldSelector">;
  readonly backoff?: BackoffOptions;
  /** In [0, 1): spreads the reconnects of many nodes over time. */
  readonly random?: () => number;
}

const defaultBackoff: BackoffOptions = { initialMs: 200, maxMs: 30_000 };

/**
 * Keeps the store equal to the server's objects until the signal aborts: list, then watch from the list's revision.
 * A watch that ends or breaks is resumed after the last event seen; when the server cannot go on from there
 * (`Expired`, or any other refusal), the list is read again, and what went meanwhile shows as missing in it.
 */
export async function reflect<R extends Resource>(
  resource: R,
  store: Store<ObjectOf<R>>,
  options: ReflectorOptions,
  signal: AbortSignal,
): Promise<void> {
  const { client, clock, log, select = {}, backoff = defaultBackoff, random = Math.random } = options;
  let listed = false;
  let failures = 0;
  while (!signal.aborted) {
    const before = store.revision;
    try {
      if (!listed) {
        const { items, metadata } = await client.list(resource, { ...select, signal });
        if (signal.aborted) return;
        store.replace(items, Number(metadata.resourceVersion));
        listed = true;
      }
      await follow(resource, store, { client, select }, signal);
    } catch (error) {
      if (signal.aborted) return;
      listed &&= mayResume(error);
      if (isExpired(error)) log.debug({ resource: qualifiedName(resource) }, "watch fell behind; listing again");
      else log.warn({ resource: qualifiedName(resource), err: error }, "watch failed");
    }
    if (signal.aborted) return;
    failures = store.revision > before ? 0 : failures + 1;
    if (failures > 0) await pause(backoffDelay(failures - 1, backoff) * (0.5 + random() / 2), clock, signal);
  }
}

/** Returns when the server ends the watch, as it does after a while. */
async function follow<R extends Resource>(
  resource: R,
  store: Store<ObjectOf<R>>,
  { client, select }: Required<Pick<ReflectorOptions, "client" | "select">>,
  signal: AbortSignal,
): Promise<void> {
  const resourceVersion = String(store.revision);
  const watch = await client.watch(resource, { ...select, resourceVersion, allowWatchBookmarks: true, signal });
  for await (const batch of watch) {
    if (signal.aborted) return;
    store.apply(batch);
  }
}

/** A broken connection or a busy server says nothing about the position in the stream; every other refusal does. */
function mayResume(error: unknown): boolean {
  return !(error instanceof ApiError) || error.code === 429 || error.code === 503;
}
