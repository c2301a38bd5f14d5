/** Hands each published item to every reader that is there at the time. Readers wait for each other in nothing. */
export class EventHub<T> {
  readonly #readers = new Set<{ queue: T[]; wake: () => void }>();

  publish(item: T): void {
    for (const reader of this.#readers) {
      reader.queue.push(item);
      reader.wake();
    }
  }

  /** Everything published from the first `next` on, until the signal aborts. */
  async *read(signal: AbortSignal): AsyncGenerator<T> {
    const reader = { queue: [] as T[], wake: () => {} };
    const stop = () => reader.wake();
    signal.addEventListener("abort", stop, { once: true });
    this.#readers.add(reader);
    try {
      while (!signal.aborted) {
        yield* reader.queue.splice(0);
        if (reader.queue.length > 0 || signal.aborted) continue;
        await new Promise<void>((resolve) => {
          reader.wake = resolve;
        });
      }
    } finally {
      this.#readers.delete(reader);
      signal.removeEventListener("abort", stop);
    }
  }
}
