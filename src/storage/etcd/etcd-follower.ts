import { setTimeout as delay } from "node:timers/promises";
import { ChangeLog } from "../change-log.ts";
import { type Change, Compacted, StorageUnavailable } from "../storage.ts";
import { etcdChanges } from "./etcd-changes.ts";
import type { EtcdClient } from "./etcd-client.ts";

const retryMs = 100;
/** The revision of an etcd that nobody has written to yet. */
const emptyRevision = 1;

/** Sees each change before readers do; gives back what they get. */
type Dress = (change: Change) => Change;

/** The one watch on etcd that all readers of this process share. It goes on by itself, without a gap, after a break. */
export class EtcdFollower {
  readonly log: ChangeLog;
  readonly #client: EtcdClient;
  readonly #root: string;
  readonly #dress: Dress;
  /** Everything up to here, also of keys that are not ours, is in the log. Invariant: log.head <= #position. */
  #position: number;
  /** The last change of one of our keys, or where what we know begins. Invariant: log.floor <= #lastOwn <= #position. */
  #lastOwn: number;
  /** Why the watch is not there now. */
  #trouble: unknown;
  readonly #waiting = new Set<() => void>();

  /** No key of ours was written after `lastOwn`, but some may have been removed. */
  constructor(client: EtcdClient, { root, lastOwn, dress }: { root: string; lastOwn: number; dress: Dress }) {
    this.#client = client;
    this.#root = root;
    this.#dress = dress;
    this.#position = Math.max(lastOwn, emptyRevision);
    this.#lastOwn = lastOwn;
    this.log = new ChangeLog(lastOwn);
  }

  get position(): number {
    return this.#position;
  }

  get lastOwn(): number {
    return this.#lastOwn;
  }

  /** Until the signal aborts. */
  async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const { changes, position } of this.changes(this.#position, signal)) this.#take(changes, position);
      } catch (error) {
        this.#trouble = error; // told to whoever waits in vain
        if (error instanceof Compacted) this.#jump(error.oldest);
      }
      await delay(retryMs, undefined, { signal }).catch(() => {}); // only the abort ends it early
    }
  }

  changes(from: number, signal: AbortSignal) {
    return etcdChanges(this.#client, { root: this.#root, from, signal });
  }

  /** Resolves when everything up to `revision` is in the log. Throws StorageUnavailable when that takes too long. */
  async reached(revision: number): Promise<void> {
    if (revision <= this.#position) return;
    let wake = () => {};
    let timer: NodeJS.Timeout | undefined;
    const there = new Promise<boolean>((resolve) => {
      wake = () => (revision <= this.#position || this.log.closed) && resolve(true);
      timer = setTimeout(() => resolve(false), this.#client.patienceMs);
      this.#waiting.add(wake);
    });
    const isThere = await there;
    clearTimeout(timer);
    this.#waiting.delete(wake);
    if (this.log.closed) throw new Error("the etcd storage is closed");
    if (!isThere) throw new StorageUnavailable("etcd tells no news", { cause: this.#trouble });
  }

  close(): void {
    this.log.close();
    this.#wake();
  }

  #take(changes: readonly Change[], position: number): void {
    this.#trouble = undefined;
    if (changes.length > 0) {
      this.log.append(changes.map(this.#dress));
      this.#lastOwn = changes.at(-1)!.revision;
    }
    this.#position = position;
    this.#wake();
  }

  /** The changes up to `revision` are gone: readers who are behind have to read everything anew. */
  #jump(revision: number): void {
    if (revision <= this.#position) return;
    this.log.jump(revision);
    this.#position = revision;
    this.#lastOwn = revision;
    this.#wake();
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
