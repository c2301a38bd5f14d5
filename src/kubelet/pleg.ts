import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import { pause } from "#kit/sleep.ts";
import type { Runtime, RuntimeEvent, Sandbox } from "./runtime/runtime.ts";

export interface PlegOptions {
  readonly runtime: Pick<Runtime, "events" | "list">;
  readonly clock: Clock;
  readonly log: Logger;
  /** Something happened somewhere. */
  hint(event: RuntimeEvent): void;
  /** Called before each list is asked for; what it returns comes back with the list. */
  before(): ReadonlyMap<string, number>;
  listed(sandboxes: readonly Sandbox[], before: ReadonlyMap<string, number>): void;
  readonly relistMs?: number;
}

const defaultRelistMs = 10_000;
const reconnectMs = 1_000;

/** What goes on in the runtime: its events as they come, and a list of everything now and then, as events may be lost. */
export async function followRuntime(options: PlegOptions, signal: AbortSignal): Promise<void> {
  await Promise.all([followEvents(options, signal), relist(options, signal)]);
}

async function followEvents({ runtime, clock, log, hint }: PlegOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const event of runtime.events(signal)) hint(event);
    } catch (error) {
      if (!signal.aborted) log.warn({ err: error }, "the runtime's events broke off");
    }
    await pause(reconnectMs, clock, signal);
  }
}

async function relist(options: PlegOptions, signal: AbortSignal): Promise<void> {
  const { runtime, clock, log, before, listed, relistMs = defaultRelistMs } = options;
  for (;;) {
    await pause(relistMs, clock, signal);
    if (signal.aborted) return;
    try {
      const mark = before();
      listed(await runtime.list(), mark);
    } catch (error) {
      log.warn({ err: error }, "the runtime does not tell what it runs");
    }
  }
}
