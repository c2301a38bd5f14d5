import { ApiError } from "#api/meta/api-error.ts";
import type { Resource } from "#api/resource.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import type { Component, Scope } from "#kit/scope.ts";
import { pause } from "#kit/sleep.ts";
import { Compacted, type Entry, type ListResult, type Storage } from "#storage/storage.ts";
import { storageNameOf, storageRoot } from "../registry/keys.ts";
import { Feed } from "./feed.ts";

/** How many changes from before the start are read again, so that watches from before a restart go on without a new list. */
const backlog = 500;
const freshWaitMs = 3000;
const retryMs = 1000;
/** Changes older than this to twice this are let go of; a client that is away longer lists anew. */
const keepMs = 5 * 60_000;

export interface FollowerOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Reads the store's changes once for all kinds and hands them to the feeds. Since it sees every change, each feed knows
 * how far it is in the one order of all revisions, even when nothing of its own kind happens.
 */
export class StorageFollower implements Component {
  readonly name = "storage-follower";
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #feeds = new Map<string, Feed>();
  #revision = 0;
  /** Where we were when the last round of forgetting was, and when that was. */
  #mark = { at: 0, revision: 0 };
  readonly #waiting = new Set<{ readonly revision: number; readonly resolve: () => void }>();

  constructor({ storage, clock, log }: FollowerOptions) {
    this.#storage = storage;
    this.#clock = clock;
    this.#log = log;
  }

  /** Everything up to here is in the feeds. */
  get revision(): number {
    return this.#revision;
  }

  /** The feed of a kind; filled by `start`. */
  add(resource: Resource): Feed {
    const feed = new Feed(resource);
    this.#feeds.set(resource.storageName, feed);
    return feed;
  }

  async start(scope: Scope): Promise<void> {
    const head = await this.#storage.revision();
    const { entries, revision } = await this.#snapshotNear(Math.max(0, head - backlog));
    this.#eachFeed(entries, (feed, own) => feed.load(own, revision));
    this.#revision = revision;
    scope.spawn("follow", (signal) => this.#follow(signal));
    await this.reached(head);
  }

  /** Resolves when everything up to `revision` is in the feeds. */
  reached(revision: number): Promise<void> {
    if (revision <= this.#revision) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.add({ revision, resolve }));
  }

  /** Resolves when all that had been written anywhere before this call is in the feeds. */
  async upToDate(): Promise<void> {
    // our own writes are in before they are acknowledged
    if (this.#storage.supports.otherWriters) await this.reached(await this.#storage.revision());
  }

  /** As `reached`, for a revision that a client names. Throws ApiError `Timeout` when it is not reached soon. */
  async notOlderThan(revision: number): Promise<void> {
    if (revision <= this.#revision) return;
    let cancel = () => {};
    const late = new Promise<true>((resolve) => {
      cancel = this.#clock.after(freshWaitMs, () => resolve(true));
    });
    const isLate = await Promise.race([this.reached(revision).then(() => false), late]);
    cancel();
    if (isLate) throw tooLarge(revision, this.#revision);
  }

  async #snapshotNear(revision: number): Promise<ListResult> {
    const prefix = storageRoot;
    if (!this.#storage.supports.history) return this.#storage.list({ prefix });
    try {
      return await this.#storage.list({ prefix, at: revision });
    } catch (error) {
      if (!(error instanceof Compacted)) throw error;
      return await this.#storage.list({ prefix, at: error.oldest });
    }
  }

  #eachFeed(entries: readonly Entry[], visit: (feed: Feed, own: readonly Entry[]) => void): void {
    const byName = Map.groupBy(entries, ({ key }) => storageNameOf(key));
    for (const [name, feed] of this.#feeds) visit(feed, byName.get(name) ?? []);
  }

  async #follow(signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        for await (const changes of this.#storage.watch(storageRoot, this.#revision, signal)) {
          for (const change of changes) this.#feeds.get(storageNameOf(change.key))?.apply(change);
          this.#advance(changes.at(-1)?.revision ?? 0);
        }
        if (signal.aborted) return;
        this.#log.warn("the storage ended the watch, opening it again");
      } catch (error) {
        if (signal.aborted) return;
        this.#log.warn({ err: error }, "the watch on the storage failed, opening it again");
        if (error instanceof Compacted && (await this.#catchUp())) continue;
      }
      await pause(retryMs, this.#clock, signal);
      if (signal.aborted) return;
    }
  }

  /** Reads everything anew, when the changes since are gone. */
  async #catchUp(): Promise<boolean> {
    try {
      const { entries, revision } = await this.#storage.list({ prefix: storageRoot });
      this.#eachFeed(entries, (feed, own) => feed.catchUp(own, revision));
      this.#advance(revision);
      return true;
    } catch (error) {
      this.#log.warn({ err: error }, "reading the storage failed");
      return false;
    }
  }

  #advance(revision: number): void {
    if (revision <= this.#revision) return;
    this.#revision = revision;
    for (const feed of this.#feeds.values()) feed.advance(revision);
    this.#forgetOld();
    for (const waiter of this.#waiting) {
      if (waiter.revision > revision) continue;
      this.#waiting.delete(waiter);
      waiter.resolve();
    }
  }

  #forgetOld(): void {
    const now = this.#clock.now();
    if (now - this.#mark.at < keepMs) return;
    for (const feed of this.#feeds.values()) feed.forget(this.#mark.revision);
    this.#mark = { at: now, revision: this.#revision };
  }
}

export const tooLarge = (requested: number, current: number) =>
  new ApiError("Timeout", `Too large resource version: ${requested}, current: ${current}`, {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    retryAfterSeconds: 1,
  });
