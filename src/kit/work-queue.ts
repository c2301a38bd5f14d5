import { Backoff, type BackoffOptions } from "./backoff.ts";
import type { Clock } from "./clock.ts";

/**
 * Keys waiting to be worked on. A key waits at most once and is worked on by one worker at a time;
 * a key added while it is being worked on is handed out again afterwards.
 */
export class WorkQueue {
  readonly #order: string[] = [];
  /** Keys that somebody must still look at. */
  readonly #dirty = new Set<string>();
  /** Keys that a worker holds. Invariant: a key in #order is in #dirty and not in #busy. */
  readonly #busy = new Set<string>();
  readonly #timers = new Map<string, { at: number; cancel: () => void }>();
  readonly #takers: ((key: string | undefined) => void)[] = [];
  readonly #backoff: Backoff;
  readonly #clock: Clock;
  #closed = false;

  constructor(clock: Clock, backoff: BackoffOptions = { initialMs: 5, maxMs: 1_000_000 }) {
    this.#clock = clock;
    this.#backoff = new Backoff(backoff);
  }

  /** Nothing waits and nothing is being worked on; keys that are due later do not count. */
  get idle(): boolean {
    return this.#dirty.size === 0 && this.#busy.size === 0;
  }

  get length(): number {
    return this.#order.length;
  }

  add(key: string): void {
    if (this.#closed || this.#dirty.has(key)) return;
    this.#dirty.add(key);
    if (this.#busy.has(key)) return; // done() puts it back
    this.#offer(key);
  }

  /** Adds the key in `ms` milliseconds. Of several waits for one key the earliest wins. */
  addAfter(key: string, ms: number): void {
    if (this.#closed) return;
    if (ms <= 0) {
      this.add(key);
      return;
    }
    const at = this.#clock.now() + ms;
    const waiting = this.#timers.get(key);
    if (waiting && waiting.at <= at) return;
    waiting?.cancel();
    const cancel = this.#clock.after(ms, () => {
      this.#timers.delete(key);
      this.add(key);
    });
    this.#timers.set(key, { at, cancel });
  }

  /** Adds the key after a wait that grows with each retry until `forget`. */
  retry(key: string): void {
    this.addAfter(key, this.#backoff.next(key));
  }

  retries(key: string): number {
    return this.#backoff.failures(key);
  }

  forget(key: string): void {
    this.#backoff.forget(key);
  }

  /** The next key, now the caller's until `done`; `undefined` once the queue is closed. */
  take(): Promise<string | undefined> {
    const key = this.#order.shift();
    if (key !== undefined) {
      this.#hand(key);
      return Promise.resolve(key);
    }
    if (this.#closed) return Promise.resolve(undefined);
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  done(key: string): void {
    this.#busy.delete(key);
    if (this.#dirty.has(key)) this.#offer(key);
  }

  close(): void {
    this.#closed = true;
    for (const { cancel } of this.#timers.values()) cancel();
    this.#timers.clear();
    for (const taker of this.#takers.splice(0)) taker(undefined);
  }

  #offer(key: string): void {
    const taker = this.#takers.shift();
    if (!taker) {
      this.#order.push(key);
      return;
    }
    this.#hand(key);
    taker(key);
  }

  #hand(key: string): void {
    this.#dirty.delete(key);
    this.#busy.add(key);
  }
}
