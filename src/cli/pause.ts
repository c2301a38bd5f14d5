import { systemClock } from "#kit/clock.ts";
import { sleep } from "#kit/sleep.ts";

/** A command runs in real time. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> => sleep(ms, systemClock, signal);
