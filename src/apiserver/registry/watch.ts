import { badRequest } from "#api/meta/api-error.ts";
import type { Watch } from "#api/meta/watch.ts";
import type { RequestOptions } from "#client/transport.ts";
import type { Clock } from "#kit/clock.ts";
import { selectionOf } from "../watch/selection.ts";
import { follow, type WatchPlan } from "../watch/watcher.ts";
import type { KindStore } from "./kind-store.ts";
import { revisionIn } from "./list.ts";

export interface Watching {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly options: RequestOptions;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/** Accepts a watch; its place in the order of changes is fixed from here on. Throws ApiError. */
export async function watch(store: KindStore, request: Watching): Promise<Watch> {
  const { options, clock, signal } = request;
  const { feed, follower, resource } = store;
  if (options.continue) throw badRequest("specifying continue is not allowed for watch");
  const selection = selectionOf(resource, request);
  const from = revisionIn(resource, options.resourceVersion);
  if (from === undefined) await follower.upToDate();
  else if (options.sendInitialEvents) await follower.notOlderThan(from);

  // A watch without a revision, or with 0, begins with what there is, unless it says that it does not want that.
  const withInitial = options.sendInitialEvents ?? (from === undefined || from === 0);
  const fromNow = withInitial || from === undefined || from === 0;
  const place = fromNow ? feed.end : feed.placeAfter(from);
  const objects = withInitial ? [...feed.objects(selection.namespace)].map(([, object]) => object) : [];
  const bookmarks = options.allowWatchBookmarks ?? false;
  const plan: WatchPlan = {
    feed,
    selection,
    place,
    above: fromNow ? feed.revision : from,
    initial: selection.sees ? objects.filter(selection.sees) : objects,
    markInitialEnd: withInitial && options.sendInitialEvents === true && bookmarks,
    bookmarks,
    timeoutMs: options.timeoutSeconds ? options.timeoutSeconds * 1000 : undefined,
    clock,
    signal,
  };
  return follow(plan);
}
