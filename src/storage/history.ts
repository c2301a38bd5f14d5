import type { Change, Entry, ListRange } from "./storage.ts";

/**
 * Entries as they were before `changes`, which are all changes since, in order: what was written goes back to what it
 * replaced. `current` must be sorted and lie in the range; so is the result.
 */
export function* undo(
  current: Iterable<Entry>,
  changes: readonly Change[],
  { prefix, after = "" }: ListRange,
): Iterable<Entry> {
  const before = new Map<string, Entry | undefined>();
  for (const { key, previous } of changes) {
    if (key.startsWith(prefix) && key > after && !before.has(key)) before.set(key, previous);
  }
  const old = [...before.values()].filter((entry) => entry !== undefined).sort((a, b) => byOrder(a.key, b.key));
  let next = 0;
  for (const entry of current) {
    while (next < old.length && old[next]!.key <= entry.key) yield old[next++]!;
    if (!before.has(entry.key)) yield entry;
  }
  yield* old.slice(next);
}

const byOrder = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Takes the first `limit` entries and says whether there are more. */
export function pageOf(
  entries: Iterable<Entry>,
  limit = Number.POSITIVE_INFINITY,
): { entries: Entry[]; more: boolean } {
  const taken: Entry[] = [];
  for (const entry of entries) {
    if (taken.length === limit) return { entries: taken, more: true };
    taken.push(entry);
  }
  return { entries: taken, more: false };
}
