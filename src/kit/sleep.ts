import type { Clock } from "./clock.ts";

/** Resolves after `ms` milliseconds of `clock`; rejects with the signal's reason as soon as it aborts. */
export function sleep(ms: number, clock: Clock, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener("abort", stop);
      resolve();
    });
    const stop = () => {
      cancel();
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** Resolves after `ms` milliseconds of `clock`, or as soon as the signal aborts: for loops that look at the signal next. */
export async function pause(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, clock, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
