import type { Clock } from "#kit/clock.ts";
import type { ClusterEvent } from "./plugins/plugin.ts";

const initialMs = 100;
const longestMs = 10_000;
/** Parked pods are looked at in any case after so long: something may help that nobody has thought of. */
const parkedMs = 300_000;

interface Waiting {
  readonly key: string;
  priority: number;
  /** The order in which pods came, for those of one priority. */
  order: number;
  attempts: number;
}

/**
 * Pods that need a node: the most important first, then the one that has waited longest. Those that nobody could take
 * wait apart until something happens that may help them.
 */
export class SchedulingQueue {
  readonly #clock: Clock;
  readonly #known = new Map<string, Waiting>();
  /** A heap; entries whose pod was taken or forgotten meanwhile are skipped. */
  readonly #heap: Waiting[] = [];
  readonly #ready = new Set<string>();
  readonly #parked = new Map<string, ReadonlySet<ClusterEvent>>();
  readonly #busy = new Set<string>();
  /** Wanted again while being worked on. */
  readonly #again = new Set<string>();
  /** Something happened while they were being worked on: what they were told may be out of date. */
  readonly #missed = new Set<string>();
  readonly #timers = new Map<string, () => void>();
  readonly #takers: ((key: string | undefined) => void)[] = [];
  #order = 0;
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Worth a look now. */
  add(key: string, priority: number): void {
    const known = this.#known.get(key);
    if (known) known.priority = priority;
    else this.#known.set(key, { key, priority, order: this.#order++, attempts: 0 });
    this.#parked.delete(key);
    if (this.#busy.has(key)) this.#again.add(key);
    else this.#makeReady(key);
  }

  isParked(key: string): boolean {
    return this.#parked.has(key);
  }

  has(key: string): boolean {
    return this.#known.has(key);
  }

  /** The next pod, when there is one; `undefined` once closed. Must be followed by `done`, `park` or `retry`. */
  take(): Promise<string | undefined> {
    const key = this.#pop();
    if (key !== undefined || this.#closed) return Promise.resolve(key);
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  /** Needs no node any more. */
  done(key: string): void {
    this.#busy.delete(key);
    if (this.#again.delete(key)) this.#makeReady(key);
    else this.forget(key);
  }

  /** Nobody can take it until one of these happens. */
  park(key: string, wakesOn: ReadonlySet<ClusterEvent>): void {
    this.#busy.delete(key);
    const known = this.#known.get(key);
    if (!known) return;
    known.attempts++;
    const missed = this.#missed.delete(key);
    if (this.#again.delete(key) || missed) this.#later(known);
    else {
      this.#parked.set(key, wakesOn);
      this.#after(parkedMs, key);
    }
  }

  /** Something went wrong on the way. */
  retry(key: string): void {
    this.#busy.delete(key);
    this.#again.delete(key);
    const known = this.#known.get(key);
    if (!known) return;
    known.attempts++;
    this.#later(known);
  }

  forget(key: string): void {
    this.#known.delete(key);
    this.#ready.delete(key);
    this.#parked.delete(key);
    this.#again.delete(key);
    this.#missed.delete(key);
    this.#timers.get(key)?.();
    this.#timers.delete(key);
  }

  /** Something happened: whoever waits for it is looked at again, once its back-off is over. */
  wake(event: ClusterEvent): void {
    for (const [key, wakesOn] of this.#parked) {
      if (!wakesOn.has(event)) continue;
      this.#parked.delete(key);
      const known = this.#known.get(key);
      if (known) this.#later(known);
    }
    for (const key of this.#busy) this.#missed.add(key);
  }

  close(): void {
    this.#closed = true;
    for (const cancel of this.#timers.values()) cancel();
    for (const taker of this.#takers.splice(0)) taker(undefined);
  }

  #later({ key, attempts }: Waiting): void {
    this.#after(Math.min(initialMs * 2 ** (attempts - 1), longestMs), key);
  }

  #after(ms: number, key: string): void {
    this.#timers.get(key)?.();
    const cancel = this.#clock.after(ms, () => {
      this.#timers.delete(key);
      this.#parked.delete(key);
      if (this.#known.has(key) && !this.#busy.has(key)) this.#makeReady(key);
    });
    this.#timers.set(key, cancel);
  }

  #makeReady(key: string): void {
    const known = this.#known.get(key);
    if (!known || this.#ready.has(key)) return;
    this.#ready.add(key);
    push(this.#heap, { ...known });
    const taker = this.#takers.shift();
    if (taker) taker(this.#pop());
  }

  #pop(): string | undefined {
    for (let first = pop(this.#heap); first; first = pop(this.#heap)) {
      if (!this.#ready.delete(first.key)) continue;
      this.#timers.get(first.key)?.();
      this.#timers.delete(first.key);
      this.#busy.add(first.key);
      this.#missed.delete(first.key);
      return first.key;
    }
    return undefined;
  }
}

const before = (a: Waiting, b: Waiting) => b.priority - a.priority || a.order - b.order;

function push(heap: Waiting[], item: Waiting): void {
  let at = heap.push(item) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (before(heap[parent] as Waiting, item) <= 0) break;
    heap[at] = heap[parent] as Waiting;
    at = parent;
  }
  heap[at] = item;
}

function pop(heap: Waiting[]): Waiting | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (!first || !last || heap.length === 0) return first;
  let at = 0;
  for (let child = 1; child < heap.length; child = 2 * at + 1) {
    const right = heap[child + 1];
    if (right && before(right, heap[child] as Waiting) < 0) child++;
    if (before(last, heap[child] as Waiting) <= 0) break;
    heap[at] = heap[child] as Waiting;
    at = child;
  }
  heap[at] = last;
  return first;
}
