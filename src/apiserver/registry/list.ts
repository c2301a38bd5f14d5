import { ApiError, badRequest, invalid } from "#api/meta/api-error.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import type { ObjectList } from "#api/meta/watch.ts";
import type { Resource } from "#api/resource.ts";
import type { RequestOptions } from "#client/transport.ts";
import { invalid as invalidValue } from "#schema/problem.ts";
import { Compacted } from "#storage/storage.ts";
import { tooLarge } from "../watch/follower.ts";
import { type Selection, selectionOf } from "../watch/selection.ts";
import { decode } from "./codec.ts";
import { objectKey, rangePrefix } from "./keys.ts";
import type { KindStore } from "./kind-store.ts";
import { readToken, writeToken } from "./list-token.ts";

export interface Listing {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly options: RequestOptions;
}

/** How many objects are read at a time from an earlier revision. */
const chunk = 1000;

/** Throws ApiError. */
export async function list(store: KindStore, request: Listing): Promise<ObjectList> {
  const { options } = request;
  const selection = selectionOf(store.resource, request);
  const limit = options.limit && options.limit > 0 ? options.limit : Number.POSITIVE_INFINITY;
  if (options.continue) return continued(store, selection, limit, options);
  const wanted = revisionIn(store.resource, options.resourceVersion);
  if (wanted === undefined) {
    await store.follower.upToDate();
    return pageNow(store, { selection, limit, after: "" });
  }
  if (wanted === 0) return pageNow(store, { selection, limit: Number.POSITIVE_INFINITY, after: "" });
  const match = options.resourceVersionMatch ?? (limit < Number.POSITIVE_INFINITY ? "Exact" : "NotOlderThan");
  await store.follower.upToDate();
  if (match === "Exact") {
    if (wanted > store.feed.revision) throw tooLarge(wanted, store.feed.revision);
    return pageAt(store, { selection, limit, after: "", revision: wanted });
  }
  await store.follower.notOlderThan(wanted);
  return pageNow(store, { selection, limit, after: "" });
}

/** The revision in a query; `undefined` when none is given. Throws ApiError `Invalid`. */
export function revisionIn({ group, plural }: Resource, text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  if (/^\d{1,20}$/.test(text) && BigInt(text) < 2n ** 64n) return Number(text);
  const why = /^\d+$/.test(text) ? "value out of range" : "invalid syntax";
  const problem = invalidValue("resourceVersion", text, `strconv.ParseUint: parsing ${JSON.stringify(text)}: ${why}`);
  throw invalid({ group, kind: plural }, "", [problem]);
}

async function continued(
  store: KindStore,
  selection: Selection,
  limit: number,
  options: RequestOptions,
): Promise<ObjectList> {
  if (options.resourceVersion && options.resourceVersion !== "0") {
    throw badRequest("specifying resource version is not allowed when using continue");
  }
  const token = readToken(options.continue as string);
  const after = rangePrefix(store.resource, selection.namespace) + token.after;
  if (token.revision < 0) {
    await store.follower.upToDate();
    return pageNow(store, { selection, limit, after });
  }
  return pageAt(store, { selection, limit, after, revision: token.revision });
}

interface Page {
  readonly selection: Selection;
  readonly limit: number;
  /** Only keys after this one. */
  readonly after: string;
}

/** From the feed: no bytes are touched. */
function pageNow(store: KindStore, page: Page): ObjectList {
  const { feed, resource } = store;
  const { selection, limit, after } = page;
  const collector = new Collector(store, page, feed.revision);
  if (selection.name !== undefined && (selection.namespace || resource.scope === "Cluster") && limit > 1) {
    const only = feed.get(objectKey(resource, selection.namespace, selection.name));
    if (only) collector.take("", only);
    return collector.result();
  }
  let rest = 0;
  for (const [key, object] of feed.objects(selection.namespace, after)) {
    if (!collector.full) collector.take(key, object);
    else if (selection.filtered) {
      rest = 1;
      break;
    } else rest++;
  }
  return collector.result(rest);
}

/** As it was at a revision, from the store's history unless nothing has changed since. */
async function pageAt(store: KindStore, page: Page & { readonly revision: number }): Promise<ObjectList> {
  const { feed, resource, storage } = store;
  const { selection, revision, limit } = page;
  if (feed.unchangedSince(revision)) {
    const { items, metadata } = pageNow(store, page);
    // the token and the version must go on naming the revision that the first page showed
    return { items, metadata: renamed(metadata, revision) };
  }
  const collector = new Collector(store, page, revision);
  const prefix = rangePrefix(resource, selection.namespace);
  let { after } = page;
  try {
    for (;;) {
      const wanted = selection.filtered ? chunk : Math.min(chunk, limit);
      const { entries, more } = await storage.list({ prefix, after, limit: wanted, at: revision });
      for (const [i, { key, value, revision: written }] of entries.entries()) {
        collector.take(key, decode(resource, value, written));
        if (collector.full) {
          const left = more || i < entries.length - 1;
          return collector.result(left ? await countRest(store, page, key) : 0);
        }
      }
      if (!more) return collector.result();
      after = entries.at(-1)?.key ?? after;
    }
  } catch (error) {
    if (error instanceof Compacted) throw gone(store, page);
    throw error;
  }
}

/** With a filter only whether there is more matters. */
async function countRest(
  { storage, resource }: KindStore,
  { selection, revision }: Page & { readonly revision: number },
  after: string,
): Promise<number> {
  if (selection.filtered) return 1;
  const prefix = rangePrefix(resource, selection.namespace);
  return (await storage.list({ prefix, after, at: revision })).entries.length;
}

function gone({ resource }: KindStore, { after, selection }: Page): ApiError {
  const prefix = rangePrefix(resource, selection.namespace);
  if (!after) return new ApiError("Expired", "The resourceVersion for the provided list is too old.");
  const token = writeToken({ revision: -1, after: after.slice(prefix.length) });
  return new ApiError("Expired", tokenTooOld, undefined, token);
}

const tokenTooOld =
  "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

function renamed(metadata: ObjectList["metadata"], revision: number): ObjectList["metadata"] {
  const { continue: token } = metadata;
  return {
    ...metadata,
    resourceVersion: String(revision),
    ...(token && { continue: writeToken({ ...readToken(token), revision }) }),
  };
}

/** Gathers one page. */
class Collector {
  readonly #items: KubeObject[] = [];
  readonly #page: Page;
  readonly #revision: number;
  readonly #prefix: string;
  #last = "";

  constructor({ resource }: KindStore, page: Page, revision: number) {
    this.#page = page;
    this.#revision = revision;
    this.#prefix = rangePrefix(resource, page.selection.namespace);
  }

  get full(): boolean {
    return this.#items.length >= this.#page.limit;
  }

  take(key: string, object: KubeObject): void {
    const { sees } = this.#page.selection;
    if (sees && !sees(object)) return;
    this.#items.push(object);
    this.#last = key;
  }

  /** `rest` is how many objects come after the page; with a filter, whether there are any. */
  result(rest = 0): ObjectList {
    const resourceVersion = String(this.#revision);
    if (rest === 0) return { items: this.#items, metadata: { resourceVersion } };
    const token = writeToken({ revision: this.#revision, after: this.#last.slice(this.#prefix.length) });
    const count = this.#page.selection.filtered ? {} : { remainingItemCount: rest };
    return { items: this.#items, metadata: { resourceVersion, continue: token, ...count } };
  }
}
