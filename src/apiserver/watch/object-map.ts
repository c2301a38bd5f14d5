import type { KubeObject } from "#api/meta/object-meta.ts";

/** Objects by key, listed in the order of their keys, which is the order of the store. */
export class ObjectMap {
  readonly #objects = new Map<string, KubeObject>();
  /** The keys of #objects, sorted. */
  #keys: string[] = [];

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): KubeObject | undefined {
    return this.#objects.get(key);
  }

  set(key: string, object: KubeObject): void {
    if (!this.#objects.has(key)) this.#keys.splice(this.#firstAtLeast(key), 0, key);
    this.#objects.set(key, object);
  }

  delete(key: string): void {
    if (!this.#objects.delete(key)) return;
    this.#keys.splice(this.#firstAtLeast(key), 1);
  }

  /** Replaces everything; faster than one by one. */
  load(entries: Iterable<readonly [key: string, object: KubeObject]>): void {
    this.#objects.clear();
    for (const [key, object] of entries) this.#objects.set(key, object);
    this.#keys = [...this.#objects.keys()].sort();
  }

  /** Everything whose key starts with `prefix` and comes after `after`. Read it within the turn: the map goes on changing. */
  *range(prefix: string, after = ""): IterableIterator<readonly [key: string, object: KubeObject]> {
    let i = after < prefix ? this.#firstAtLeast(prefix) : this.#firstAtLeast(`${after}\0`);
    for (; i < this.#keys.length; i++) {
      const key = this.#keys[i] as string;
      if (!key.startsWith(prefix)) return;
      yield [key, this.#objects.get(key) as KubeObject];
    }
  }

  #firstAtLeast(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] as string) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
