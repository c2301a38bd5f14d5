import { ChangeLog, type ChangeLogLimits, follow } from "./change-log.ts";
import { pageOf, undo } from "./history.ts";
import {
  type Change,
  type Entry,
  type ListRange,
  type Storage,
  StorageConflict,
  type StorageEngine,
} from "./storage.ts";

/** Keeps everything in this process; for tests and throw-away clusters. Values are not copied: nobody may change them. */
export function openMemoryStorage(options: { limits?: ChangeLogLimits } = {}): Storage {
  const entries = new Map<string, Entry>();
  const keys: string[] = []; // the keys of `entries`, in order
  const log = new ChangeLog(0, options.limits);

  const checkOpen = () => {
    if (log.closed) throw new Error("the memory storage is closed");
  };

  const put = (key: string, entry: Entry | undefined) => {
    const place = firstAtLeast(keys, key);
    const present = keys[place] === key;
    if (entry) {
      entries.set(key, entry);
      if (!present) keys.splice(place, 0, key);
    } else if (present) {
      entries.delete(key);
      keys.splice(place, 1);
    }
  };

  const now = function* ({ prefix, after = "" }: ListRange): Iterable<Entry> {
    const start = after < prefix ? firstAtLeast(keys, prefix) : firstAtLeast(keys, `${after}\0`);
    for (let i = start; i < keys.length && keys[i]!.startsWith(prefix); i++) yield entries.get(keys[i]!)!;
  };

  return {
    supports: { ttl: false, history: true, otherWriters: false },
    async revision() {
      checkOpen();
      return log.head;
    },
    async get(key) {
      checkOpen();
      return entries.get(key);
    },
    async list(range) {
      checkOpen();
      const revision = range.at ?? log.head;
      const found = revision < log.head ? undo(now(range), log.after(revision), range) : now(range);
      return { ...pageOf(found, range.limit), revision };
    },
    async write({ key, value, expect, passenger }) {
      checkOpen();
      const previous = entries.get(key);
      if ((previous?.revision ?? 0) !== expect || (!previous && !value)) throw new StorageConflict(key, previous);
      const revision = log.head + 1;
      const entry = value && { key, value, revision, created: previous?.created ?? revision };
      put(key, entry);
      const change: Change = { revision, key, ...(entry && { entry }), ...(previous && { previous }), passenger };
      log.append([change]);
      return change;
    },
    watch: (prefix, from, signal) => follow(log, { prefix, from, signal }),
    async compact(before) {
      checkOpen();
      log.forget(before - 1);
    },
    async close() {
      log.close();
    },
  };
}

export const open: StorageEngine["open"] = async () => openMemoryStorage();

function firstAtLeast(sorted: readonly string[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
