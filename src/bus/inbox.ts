/** What came and was not taken yet; one reader. */
export class Inbox<T> {
  readonly #items: T[] = [];
  #ended = false;
  #wake: () => void = () => {};

  push(item: T): void {
    this.#items.push(item);
    this.#wake();
  }

  /** Reading ends; what is left can still be had by `rest`. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  rest(): T[] {
    return this.#items.splice(0);
  }

  async *read(signal: AbortSignal): AsyncGenerator<T> {
    const wake = () => this.#wake();
    signal.addEventListener("abort", wake, { once: true });
    try {
      while (!this.#ended && !signal.aborted) {
        const item = this.#items.shift();
        if (item !== undefined) yield item;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      signal.removeEventListener("abort", wake);
    }
  }
}
