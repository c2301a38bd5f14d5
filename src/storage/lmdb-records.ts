import type { Change, Entry } from "./storage.ts";

/** How entries and the log lie in an LMDB store. Changing anything here makes a new format version. */
export const formatVersion = 1;

/** A change as the log keeps it: what the key held before. What it held after is in the next change of the key, or current. */
export interface Undo {
  readonly revision: number;
  readonly key: string;
  readonly previous?: Entry;
}

const head = 16;

/** Revision and creation as float64 (exact up to 2^53), then the value. */
export function encodeEntry({ value, revision, created }: Entry): Buffer {
  const record = Buffer.allocUnsafe(head + value.byteLength);
  record.writeDoubleBE(revision, 0);
  record.writeDoubleBE(created, 8);
  record.set(value, head);
  return record;
}

export function decodeEntry(key: string, record: Buffer): Entry {
  return {
    key,
    value: record.subarray(head),
    revision: record.readDoubleBE(0),
    created: record.readDoubleBE(8),
  };
}

/** The length of the key, the key, then the entry before the change if there was one. */
export function encodeUndo({ key, previous }: Change): Buffer {
  const keyBytes = Buffer.from(key);
  const length = Buffer.allocUnsafe(2);
  length.writeUInt16BE(keyBytes.length);
  return Buffer.concat([length, keyBytes, ...(previous ? [encodeEntry(previous)] : [])]);
}

export function decodeUndo(revision: number, record: Buffer): Undo {
  const end = 2 + record.readUInt16BE(0);
  const key = record.toString("utf8", 2, end);
  return { revision, key, ...(record.length > end && { previous: decodeEntry(key, record.subarray(end)) }) };
}

/**
 * The changes that undo records stand for. `records` must be all since some revision, in order, and `current` tell what
 * each key holds now.
 */
export function redo(records: readonly Undo[], current: (key: string) => Entry | undefined): Change[] {
  const after = new Map<string, Entry | undefined>();
  const changes = records.toReversed().map(({ revision, key, previous }): Change => {
    const entry = after.has(key) ? after.get(key) : current(key);
    after.set(key, previous);
    return { revision, key, ...(entry && { entry }), ...(previous && { previous }) };
  });
  return changes.reverse();
}
