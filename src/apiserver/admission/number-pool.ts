/** Numbers of which each belongs to one owner at most. */
export class NumberPool {
  readonly first: number;
  readonly last: number;
  readonly #random: () => number;
  readonly #owners = new Map<number, string>();
  /** Given out for writes that are not in the feed yet. */
  readonly #held = new Set<number>();

  constructor(range: { readonly first: number; readonly last: number }, random: () => number = Math.random) {
    this.first = range.first;
    this.last = range.last;
    this.#random = random;
  }

  isIn(number: number): boolean {
    return number >= this.first && number <= this.last;
  }

  isFree(number: number): boolean {
    return !this.#owners.has(number) && !this.#held.has(number);
  }

  hold(number: number): void {
    this.#held.add(number);
  }

  letGo(number: number): void {
    this.#held.delete(number);
  }

  /** A free number, held from here on; `undefined` when there is none. Those before `from` are left for who asks by number. */
  next(from = this.first): number | undefined {
    const count = this.last - from + 1;
    const start = Math.floor(this.#random() * count);
    for (let i = 0; i < count; i++) {
      const number = from + ((start + i) % count);
      if (!this.isFree(number)) continue;
      this.hold(number);
      return number;
    }
    return from > this.first ? this.next() : undefined;
  }

  /** What is stored says whose a number is. */
  own(number: number, owner: string): void {
    this.#owners.set(number, owner);
    this.#held.delete(number);
  }

  disown(number: number, owner: string): void {
    if (this.#owners.get(number) === owner) this.#owners.delete(number);
  }
}
