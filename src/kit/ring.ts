/**
 * A fixed number of most recent items, addressed by a sequence number that only grows.
 * Readers hold a sequence number and nothing else, so a slow reader costs no memory.
 */
export class Ring<T> {
  readonly #items: (T | undefined)[];
  /** Items [#oldest, #next) are held. Invariant: #next - #oldest <= capacity. Both only grow. */
  #oldest = 0;
  #next = 0;

  readonly capacity: number;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#items = new Array(capacity);
  }

  get oldest(): number {
    return this.#oldest;
  }

  /** The sequence number that the next pushed item gets. */
  get next(): number {
    return this.#next;
  }

  push(item: T): void {
    this.#items[this.#next % this.capacity] = item;
    this.#next++;
    if (this.#next - this.#oldest > this.capacity) this.#oldest++;
  }

  /** Lets go of the oldest item. */
  dropOldest(): void {
    if (this.#oldest === this.#next) return;
    this.#items[this.#oldest % this.capacity] = undefined;
    this.#oldest++;
  }

  at(sequence: number): T | undefined {
    if (sequence < this.#oldest || sequence >= this.#next) return undefined;
    return this.#items[sequence % this.capacity];
  }

  /** Up to `max` items from `from` on; `undefined` when `from` was overwritten already. */
  slice(from: number, max: number): T[] | undefined {
    if (from < this.#oldest) return undefined;
    const items: T[] = [];
    for (let i = from; i < this.#next && items.length < max; i++) items.push(this.#items[i % this.capacity] as T);
    return items;
  }

  /** The sequence number of the first held item for which `test` holds, given that it holds for all later ones too. */
  firstWhere(test: (item: T) => boolean): number {
    let low = this.#oldest;
    let high = this.#next;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (test(this.#items[middle % this.capacity] as T)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
