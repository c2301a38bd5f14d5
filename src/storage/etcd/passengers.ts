import type { Change, Write } from "../storage.ts";

/**
 * Brings what writers of this process send along to the changes that etcd tells. A passenger belongs to its bytes: a
 * change with the very bytes may have it, whichever write made it.
 */
export class Passengers {
  /** The write of each key that is under way, or done and not yet told. */
  readonly #waiting = new Map<string, Write>();

  /** To be called before the write; the function returned when its outcome is known. */
  expect(write: Write): (done: boolean) => void {
    if (write.passenger === undefined || !write.value) return () => {};
    this.#waiting.set(write.key, write);
    return (done) => {
      if (!done && this.#waiting.get(write.key) === write) this.#waiting.delete(write.key);
    };
  }

  board(change: Change): Change {
    const write = this.#waiting.get(change.key);
    if (!write?.value || !change.entry) return change;
    if (Buffer.compare(write.value, change.entry.value) !== 0) return change;
    this.#waiting.delete(change.key);
    return { ...change, passenger: write.passenger };
  }
}
