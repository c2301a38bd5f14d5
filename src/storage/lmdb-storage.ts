import { join, resolve } from "node:path";
import { ChangeLog, type ChangeLogLimits, follow } from "./change-log.ts";
import { GroupCommit } from "./group-commit.ts";
import { undo } from "./history.ts";
import { type Environment, openEnvironment } from "./lmdb-environment.ts";
import { decodeEntry, decodeUndo, encodeEntry, encodeUndo, redo, type Undo } from "./lmdb-records.ts";
import {
  type Change,
  Compacted,
  type Entry,
  type ListRange,
  type ListResult,
  type Storage,
  type StorageEngine,
  type Write,
} from "./storage.ts";

export interface LmdbOptions {
  /** What is held in memory for readers that follow. */
  readonly memory?: ChangeLogLimits;
  /** What is kept on disk, for pages of old lists and readers that come back. */
  readonly disk?: ChangeLogLimits;
}

const diskLimits: ChangeLogLimits = { changes: 10_000, bytes: 128 * 1024 * 1024 };

/** A store in a folder, written by this process alone. Throws an Error with one clear sentence when it cannot be. */
export async function openLmdbStorage(folder: string, options: LmdbOptions = {}): Promise<Storage> {
  return new LmdbStorage(openEnvironment(resolve(folder)), options);
}

export const open: StorageEngine["open"] = (url, { folder }) =>
  openLmdbStorage(url.replace(/^lmdb:(\/\/)?/, "") || join(folder, "storage"));

/** Copying entries out of the store for longer than this many at once would hold up the event loop. */
const entriesPerTurn = 512;
/** More than a write adds, so that a log over its limits shrinks while writes go on. */
const removalsPerWrite = 3;
const removalsPerCommit = 1_000;

class LmdbStorage implements Storage {
  readonly supports = { ttl: false, history: true, otherWriters: false };
  readonly #files: Environment;
  readonly #log: ChangeLog;
  readonly #group: GroupCommit;
  readonly #limits: ChangeLogLimits;
  /** History before it is gone for readers. Invariant: #removed <= #floor <= head. */
  #floor: number;
  /** Undo records with #removed < revision <= head are on disk. */
  #removed: number;
  /** The size of those records. */
  #logBytes: number;

  constructor(files: Environment, options: LmdbOptions) {
    this.#files = files;
    this.#limits = options.disk ?? diskLimits;
    const head = files.figures.get("revision") ?? 0;
    this.#floor = files.figures.get("floor") ?? 0;
    this.#removed = files.figures.get("removed") ?? 0;
    this.#logBytes = files.figures.get("logBytes") ?? 0;
    this.#log = new ChangeLog(head, options.memory);
    this.#group = new GroupCommit({
      head,
      read: (key) => {
        this.#checkOpen(); // a write may have waited for another one while the store was closed
        return this.#read(key);
      },
      commit: (changes) => this.#commit(changes),
      committed: (changes) => this.#log.append(changes),
    });
  }

  async revision(): Promise<number> {
    this.#checkOpen();
    return this.#log.head;
  }

  async get(key: string): Promise<Entry | undefined> {
    this.#checkOpen();
    return this.#read(key);
  }

  async list(range: ListRange): Promise<ListResult> {
    this.#checkOpen();
    return this.#files.reading(async (transaction) => {
      const head = this.#files.figures.get("revision", { transaction }) ?? 0;
      const revision = range.at ?? head;
      const now = this.#entries(range, { transaction });
      const entries = revision < head ? undo(now, this.#undoRecords(revision, { transaction }), range) : now;
      return { ...(await page(entries, range.limit)), revision };
    });
  }

  async write(write: Write): Promise<Change> {
    this.#checkOpen();
    return this.#group.write(write);
  }

  watch(prefix: string, from: number, signal: AbortSignal): AsyncIterable<readonly Change[]> {
    const older = (after: number, until: number) =>
      redo(this.#undoRecords(after), (key) => this.#read(key)).filter(({ revision }) => revision <= until);
    return follow(this.#log, { prefix, from, signal, older });
  }

  async compact(before: number): Promise<void> {
    this.#checkOpen();
    this.#floor = Math.max(this.#floor, Math.min(before - 1, this.#log.head));
    this.#log.forget(this.#floor);
    do await this.#group.exclusively(() => this.#removeHistory());
    while (this.#removed < this.#floor && !this.#log.closed);
  }

  async close(): Promise<void> {
    if (this.#log.closed) return;
    this.#log.close();
    await this.#group.exclusively(() => this.#files.close());
  }

  #checkOpen(): void {
    if (this.#log.closed) throw new Error("the LMDB storage is closed");
  }

  #read(key: string): Entry | undefined {
    const record = this.#files.current.get(key);
    return record && decodeEntry(key, record);
  }

  *#entries({ prefix, after = "" }: ListRange, view: View): Iterable<Entry> {
    const start = after < prefix ? prefix : after;
    for (const { key, value } of this.#files.current.getRange({ start, ...view })) {
      if (!key.startsWith(prefix)) return;
      if (key > after) yield decodeEntry(key, value);
    }
  }

  /** The records of all changes above `revision`; throws Compacted when some are gone. */
  #undoRecords(revision: number, view: View = {}): Undo[] {
    if (revision < this.#floor) throw new Compacted(revision, this.#floor);
    const records: Undo[] = [];
    for (const { key, value } of this.#files.log.getRange({ start: revision + 1, ...view }))
      records.push(decodeUndo(key, value));
    return records;
  }

  async #commit(changes: readonly Change[]): Promise<void> {
    const { current, log, figures } = this.#files;
    const head = changes.at(-1)!.revision;
    const records = changes.map(encodeUndo);
    const added = records.reduce((sum, record) => sum + record.length, 0);
    const cut = this.#choose(head, added, changes.length * removalsPerWrite);
    await this.#files.commit(() => [
      ...changes.map(({ key, entry }) => (entry ? current.put(key, encodeEntry(entry)) : current.remove(key))),
      ...changes.map(({ revision }, i) => log.put(revision, records[i]!)),
      figures.put("revision", head),
      ...this.#cut(cut, added),
    ]);
    this.#removedTo(cut, added);
  }

  async #removeHistory(): Promise<void> {
    const cut = this.#choose(this.#log.head, 0, removalsPerCommit);
    await this.#files.commit(() => this.#cut(cut, 0));
    this.#removedTo(cut, 0);
  }

  /** Which of the oldest records to remove now: those that no reader may see, and those over the limits. */
  #choose(head: number, added: number, most: number): Cut {
    let { bytes } = this.#limits;
    bytes -= this.#logBytes + added;
    let to = this.#removed;
    let freed = 0;
    const isOver = () => to < this.#floor || head - to > this.#limits.changes || freed + bytes < 0;
    while (to < this.#log.head && to - this.#removed < most && isOver()) {
      to++;
      freed += this.#files.log.get(to)?.length ?? 0;
    }
    return { from: this.#removed + 1, to, freed };
  }

  #cut({ from, to, freed }: Cut, added: number): PromiseLike<unknown>[] {
    const { log, figures } = this.#files;
    const removals: PromiseLike<unknown>[] = [];
    for (let revision = from; revision <= to; revision++) removals.push(log.remove(revision));
    return [
      ...removals,
      figures.put("floor", Math.max(this.#floor, to)),
      figures.put("removed", to),
      figures.put("logBytes", this.#logBytes + added - freed),
    ];
  }

  #removedTo({ to, freed }: Cut, added: number): void {
    this.#removed = to;
    this.#floor = Math.max(this.#floor, to);
    this.#logBytes += added - freed;
  }
}

type View = { readonly transaction?: Parameters<Parameters<Environment["reading"]>[0]>[0] };

interface Cut {
  readonly from: number;
  readonly to: number;
  readonly freed: number;
}

/** As many entries as wanted and whether there are more, letting other work in between. */
async function page(
  entries: Iterable<Entry>,
  limit = Number.POSITIVE_INFINITY,
): Promise<{ entries: Entry[]; more: boolean }> {
  const taken: Entry[] = [];
  for (const entry of entries) {
    if (taken.length === limit) return { entries: taken, more: true };
    taken.push(entry);
    if (taken.length % entriesPerTurn === 0) await new Promise((next) => setImmediate(next));
  }
  return { entries: taken, more: false };
}
