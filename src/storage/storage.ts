/** A revisioned, ordered map from keys to bytes: the interface of etcd reduced to what an API server needs. */
export interface Entry {
  readonly key: string;
  readonly value: Uint8Array;
  /** The revision of the write that made this value. */
  readonly revision: number;
  /** The revision of the write that created the key. */
  readonly created: number;
}

/** One committed write. `entry` is missing after a deletion, `previous` after a creation. */
export interface Change {
  readonly revision: number;
  readonly key: string;
  readonly entry?: Entry;
  readonly previous?: Entry;
  /** What the writer sent along, when it was in this process. */
  readonly passenger?: unknown;
}

export interface Write {
  readonly key: string;
  /** `undefined` deletes. */
  readonly value: Uint8Array | undefined;
  /** The revision that the entry must have now; 0 = it must not exist. */
  readonly expect: number;
  readonly ttlSeconds?: number;
  /** Rides along to the Change that watchers in this process see; never stored. */
  readonly passenger?: unknown;
}

export interface ListRange {
  readonly prefix: string;
  /** Only keys after this one. */
  readonly after?: string;
  readonly limit?: number;
  /** As it was at this revision; throws Compacted when that is gone. */
  readonly at?: number;
}

export interface ListResult {
  readonly entries: Entry[];
  readonly revision: number;
  readonly more: boolean;
}

export interface Storage {
  /** `otherWriters`: other processes write the same store; then writes started at once may get their revisions in any order. */
  readonly supports: { readonly ttl: boolean; readonly history: boolean; readonly otherWriters: boolean };
  /** The revision of the last committed write. */
  revision(): Promise<number>;
  get(key: string): Promise<Entry | undefined>;
  list(range: ListRange): Promise<ListResult>;
  /** Durable when it resolves; throws StorageConflict with the current entry. */
  write(write: Write): Promise<Change>;
  /** Every change with a revision above `from`, in order, in batches; throws Compacted when some of them are gone. Ends when the signal aborts. */
  watch(prefix: string, from: number, signal: AbortSignal): AsyncIterable<readonly Change[]>;
  /** Forgets the history before `before`. */
  compact(before: number): Promise<void>;
  close(): Promise<void>;
}

/** The entry was not at the expected revision. */
export class StorageConflict extends Error {
  readonly key: string;
  readonly current: Entry | undefined;

  constructor(key: string, current: Entry | undefined) {
    super(current ? `${key} is at revision ${current.revision}` : `${key} does not exist`);
    this.name = "StorageConflict";
    this.key = key;
    this.current = current;
  }
}

/** The revision asked for lies before the history that is kept. */
export class Compacted extends Error {
  readonly oldest: number;

  constructor(requested: number, oldest: number) {
    super(`revision ${requested} has been compacted; the oldest is ${oldest}`);
    this.name = "Compacted";
    this.oldest = oldest;
  }
}

/** The store does not answer now. Whether a write that failed so was carried out is not known. */
export class StorageUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StorageUnavailable";
  }
}

/** What an engine's module exports; the URL's scheme has picked the engine already. */
export interface StorageEngine {
  /** `folder` is where an engine that keeps files puts them when the URL names no path. */
  open(url: string, options: { readonly folder: string }): Promise<Storage>;
}
