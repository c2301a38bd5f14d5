import type { Clock } from "#kit/clock.ts";

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** 2030-01-01: a round time in the future, so that a stray real clock shows at once. */
const beginning = Date.UTC(2030, 0, 1);

/** Time that moves only when a test says so. */
export class FakeClock implements Clock {
  #now: number;
  /** In order of time, those of one moment in the order they were set. */
  readonly #timers: Timer[] = [];
  readonly #settle: () => Promise<void>;

  /** @param settle lets everything happen that one moment's timers have set off, before time goes on */
  constructor(settle: () => Promise<void> = async () => {}, now = beginning) {
    this.#settle = settle;
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + Math.max(ms, 0), run };
    this.#timers.splice(this.#firstAfter(timer.at), 0, timer);
    return () => {
      const place = this.#timers.indexOf(timer, this.#firstAfter(timer.at - 1));
      if (place >= 0) this.#timers.splice(place, 1);
    };
  }

  /** How many timers wait. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Milliseconds until the next timer; undefined when none waits. */
  get next(): number | undefined {
    const first = this.#timers[0];
    return first && Math.max(first.at - this.#now, 0);
  }

  /** Moves time on by `ms`; timers run in their order, each at its own moment, and what they set off comes to rest in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.#settle();
    for (let next = this.next; next !== undefined && this.#now + next <= end; next = this.next) {
      this.step(next);
      await this.#settle();
    }
    this.#now = end;
  }

  /** Moves time on by `ms` without a rest and runs what is due then. Returns whether anything was. */
  step(ms: number): boolean {
    this.#now += ms;
    let ran = false;
    for (let first = this.#timers[0]; first && first.at <= this.#now; first = this.#timers[0]) {
      this.#timers.shift();
      first.run();
      ran = true;
    }
    return ran;
  }

  #firstAfter(at: number): number {
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#timers[middle] as Timer).at > at) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
