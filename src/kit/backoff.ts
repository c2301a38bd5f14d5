export interface BackoffOptions {
  readonly initialMs: number;
  readonly maxMs: number;
  readonly factor?: number;
}

/** Exponential back-off by key: each failure multiplies the wait, `forget` starts over. */
export class Backoff {
  readonly #failures = new Map<string, number>();

  readonly #options: BackoffOptions;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** Counts one more failure of `key` and returns how long to wait, in milliseconds. */
  next(key: string): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    return backoffDelay(failures, this.#options);
  }

  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }
}

/** The wait after `failures` earlier ones, in milliseconds. */
export function backoffDelay(failures: number, { initialMs, maxMs, factor = 2 }: BackoffOptions): number {
  return Math.min(initialMs * factor ** failures, maxMs);
}
