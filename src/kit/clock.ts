/** Where time comes from. Passed wherever time matters, so that tests run leases, back-off and cron in virtual time. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Calls `run` once, `ms` milliseconds from now; the returned function cancels it and may be called at any time. */
  after(ms: number, run: () => void): () => void;
}

/** setTimeout counts in 32 bits: a longer wait would fire at once. */
const longestTimer = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    let timer: NodeJS.Timeout;
    const wait = (left: number) => {
      timer = setTimeout(
        () => (left > longestTimer ? wait(left - longestTimer) : run()),
        Math.min(Math.max(left, 0), longestTimer),
      );
    };
    wait(ms);
    return () => clearTimeout(timer);
  },
};
