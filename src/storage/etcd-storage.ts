import { follow } from "./change-log.ts";
import { entryOf } from "./etcd/etcd-changes.ts";
import { EtcdClient } from "./etcd/etcd-client.ts";
import { EtcdFollower } from "./etcd/etcd-follower.ts";
import { EtcdLeases } from "./etcd/etcd-leases.ts";
import { type EtcdAddress, parseEtcdUrl } from "./etcd/etcd-url.ts";
import type { Got, Sent } from "./etcd/messages.ts";
import { Passengers } from "./etcd/passengers.ts";
import { prefixEnd } from "./etcd/prefix-end.ts";
import {
  type Change,
  Compacted,
  type Entry,
  type ListRange,
  type ListResult,
  type Storage,
  StorageConflict,
  type StorageEngine,
  type Write,
} from "./storage.ts";

export interface EtcdOptions {
  /** History is kept for at least this long; 0 = for ever. */
  readonly compactEveryMs?: number;
  /** As long as anything may take while etcd does not answer. */
  readonly patienceMs?: number;
}

/** As kube-apiserver's `--etcd-compaction-interval`. */
const defaultCompactEveryMs = 5 * 60_000;
const defaultPatienceMs = 10_000;
const pageSize = 500;

/** Throws StorageUnavailable when etcd does not answer. */
export async function openEtcdStorage(url: string, options: EtcdOptions = {}): Promise<Storage> {
  const address = parseEtcdUrl(url);
  const client = new EtcdClient(address, options.patienceMs ?? defaultPatienceMs);
  try {
    return new EtcdStorage(client, address, await lastWrite(client, address.root), options);
  } catch (error) {
    client.close();
    throw error;
  }
}

export const open: StorageEngine["open"] = (url) => openEtcdStorage(url);

/** The revision of our youngest entry. */
async function lastWrite(client: EtcdClient, root: string): Promise<number> {
  const range = { ...under(root, ""), limit: 1, sort_order: "DESCEND", sort_target: "MOD", keys_only: true } as const;
  const { response } = await client.call("Range", range);
  return response.kvs[0]?.mod_revision ?? 0;
}

const under = (root: string, prefix: string) => {
  const key = Buffer.from(root + prefix);
  return { key, range_end: prefixEnd(key) };
};

class EtcdStorage implements Storage {
  readonly supports = { ttl: true, history: true, otherWriters: true };
  readonly #client: EtcdClient;
  readonly #root: string;
  readonly #follower: EtcdFollower;
  readonly #leases: EtcdLeases;
  readonly #passengers = new Passengers();
  readonly #closing = new AbortController();
  readonly #following: Promise<void>;
  readonly #compaction: NodeJS.Timeout | undefined;
  #asking: Promise<number> | undefined;

  constructor(
    client: EtcdClient,
    { root }: EtcdAddress,
    lastOwn: number,
    { compactEveryMs = defaultCompactEveryMs }: EtcdOptions,
  ) {
    this.#client = client;
    this.#root = root;
    this.#leases = new EtcdLeases(client);
    this.#follower = new EtcdFollower(client, { root, lastOwn, dress: (change) => this.#passengers.board(change) });
    this.#following = this.#follower.follow(this.#closing.signal);
    this.#compaction = compactEveryMs > 0 ? this.#compactEvery(compactEveryMs) : undefined;
  }

  /** Calls of one turn share one question to etcd. */
  revision(): Promise<number> {
    this.#asking ??= new Promise((resolve) => setImmediate(resolve)).then(() => {
      this.#asking = undefined;
      return this.#askRevision();
    });
    return this.#asking;
  }

  async get(key: string): Promise<Entry | undefined> {
    this.#checkOpen();
    const { response } = await this.#client.call("Range", this.#one(key));
    return this.#entry(response.kvs[0]);
  }

  async list(range: ListRange): Promise<ListResult> {
    this.#checkOpen();
    const { prefix, after = "", limit = Number.POSITIVE_INFINITY, at } = range;
    const { key, range_end } = under(this.#root, prefix);
    const entries: Entry[] = [];
    let next = after < prefix ? key : this.#after(after);
    let revision = at === undefined ? undefined : Math.max(at, 1);
    for (;;) {
      const page = Math.min(pageSize, limit - entries.length);
      const { kvs, more, header } = await this.#page({ key: next, range_end, limit: page, revision });
      for (const kv of kvs) entries.push(entryOf(this.#root, kv));
      revision ??= header!.revision;
      if (more && entries.length < limit) next = this.#after(entries.at(-1)!.key);
      else return { entries, more, revision: at ?? (await this.#ownRevision(revision)) };
    }
  }

  async write(write: Write): Promise<Change> {
    this.#checkOpen();
    const settle = this.#passengers.expect(write);
    try {
      const change = await this.#write(write);
      settle(true);
      return change;
    } catch (error) {
      settle(false);
      throw error;
    }
  }

  async *watch(prefix: string, from: number, signal: AbortSignal): AsyncGenerator<readonly Change[]> {
    const { log } = this.#follower;
    let seen = from;
    while (seen < log.floor && !signal.aborted && !log.closed) {
      const until = this.#follower.position;
      for await (const { changes, position } of this.#follower.changes(seen, this.#until(signal))) {
        const wanted = changes.filter(({ key }) => key.startsWith(prefix));
        if (wanted.length > 0) yield wanted;
        seen = position;
        if (seen >= until) break;
      }
    }
    yield* follow(log, { prefix, from: seen, signal });
  }

  async compact(before: number): Promise<void> {
    this.#checkOpen();
    try {
      await this.#client.call("Compact", { revision: before - 1 });
    } catch (error) {
      if (!isCompacted(error)) throw error; // another server, or an earlier call, went further
    }
    this.#follower.log.forget(before - 1);
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    clearInterval(this.#compaction);
    this.#closing.abort();
    this.#follower.close();
    await this.#following;
    this.#client.close();
  }

  #checkOpen(): void {
    if (this.#closing.signal.aborted) throw new Error("the etcd storage is closed");
  }

  #until(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.#closing.signal]);
  }

  #one(key: string): Sent<"RangeRequest"> {
    return { key: Buffer.from(this.#root + key) };
  }

  #after(key: string): Buffer {
    return Buffer.from(`${this.#root}${key}\0`);
  }

  #entry(kv: Got<"KeyValue"> | undefined): Entry | undefined {
    return kv && entryOf(this.#root, kv);
  }

  async #askRevision(): Promise<number> {
    this.#checkOpen();
    const { response } = await this.#client.call("Range", this.#one(""));
    return this.#ownRevision(response.header!.revision);
  }

  /** The last change of ours up to a revision, or one a little later. Others may write their keys to the same etcd. */
  async #ownRevision(revision: number): Promise<number> {
    await this.#follower.reached(revision);
    return Math.min(this.#follower.lastOwn, revision);
  }

  async #page(range: Sent<"RangeRequest">): Promise<Got<"RangeResponse">> {
    try {
      return (await this.#client.call("Range", range)).response;
    } catch (error) {
      if (isCompacted(error)) throw new Compacted(range.revision ?? 0, await this.#oldest());
      throw error;
    }
  }

  /** etcd tells how far it has compacted only to who watches from before it. */
  async #oldest(): Promise<number> {
    const abort = new AbortController();
    try {
      for await (const _ of this.#follower.changes(0, this.#until(abort.signal))) break;
    } catch (error) {
      if (error instanceof Compacted) return error.oldest;
      throw error;
    } finally {
      abort.abort();
    }
    return this.#follower.position;
  }

  async #write(write: Write): Promise<Change> {
    const { key, value, expect } = write;
    if (!value && expect === 0) throw new StorageConflict(key, await this.get(key));
    const lease = value && write.ttlSeconds ? await this.#leases.leaseFor(write.ttlSeconds) : 0;
    const one = this.#one(key);
    const { response, repeated } = await this.#transaction(write, {
      compare: [{ result: "EQUAL", target: "MOD", key: one.key, mod_revision: expect }],
      success: [
        value
          ? { request_put: { key: one.key, value: Buffer.from(value), lease, prev_kv: true } }
          : { request_delete_range: { key: one.key, prev_kv: true } },
      ],
      failure: [{ request_range: one }],
    });
    const [answer] = response.responses;
    if (!response.succeeded) {
      const current = this.#entry(answer?.response_range?.kvs[0]);
      if (repeated && isOurs(write, current)) return this.#carriedOut(write, current);
      throw new StorageConflict(key, current);
    }
    const previous = answer?.response_put?.prev_kv ?? answer?.response_delete_range?.prev_kvs[0];
    return changeOf(write, response.header!.revision, this.#entry(previous));
  }

  async #transaction({ ttlSeconds = 0 }: Write, request: Sent<"TxnRequest">) {
    try {
      return await this.#client.call("Txn", request);
    } catch (error) {
      // the next attempt, by whoever asked for this one, gets a new lease
      if (/requested lease not found/.test((error as Error).message)) this.#leases.drop(ttlSeconds);
      throw error;
    }
  }

  /** The answer to our own write was lost, not the write. */
  async #carriedOut(write: Write, { revision }: Entry): Promise<Change> {
    const { kvs } = await this.#page({ ...this.#one(write.key), revision: revision - 1 });
    return changeOf(write, revision, this.#entry(kvs[0]));
  }

  #compactEvery(ms: number): NodeJS.Timeout {
    let then = 0;
    return setInterval(() => {
      // a failure is made up for by the next round; that etcd is away, others tell
      if (then > 0) this.compact(then).catch(() => {});
      then = this.#follower.position;
    }, ms).unref();
  }
}

const changeOf = ({ key, value, passenger }: Write, revision: number, previous: Entry | undefined): Change => ({
  revision,
  key,
  ...(value && { entry: { key, value, revision, created: previous?.created ?? revision } }),
  ...(previous && { previous }),
  passenger,
});

const isOurs = ({ value, expect }: Write, current: Entry | undefined): current is Entry =>
  value !== undefined &&
  current !== undefined &&
  current.revision > expect &&
  Buffer.compare(value, current.value) === 0;

const isCompacted = (error: unknown) => error instanceof Error && /revision has been compacted/.test(error.message);
