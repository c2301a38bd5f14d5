import { isConflict } from "#api/meta/api-error.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import type { Scope } from "#kit/scope.ts";
import { WorkQueue } from "#kit/work-queue.ts";
import { type Outcome, Terminal } from "./controller.ts";
import type { QueueMetrics } from "./queue-metrics.ts";

export interface WorkersOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics?: QueueMetrics | undefined;
  readonly workers?: number | undefined;
  work(id: string, signal: AbortSignal): Promise<Outcome>;
}

export interface Workers {
  add(id: string): void;
  addAfter(id: string, ms: number): void;
  /** Call once what the work reads is there; until then ids only gather. */
  begin(): void;
}

const defaultWorkers = 5;

/** A queue of ids and those who work on them, as long as the scope lives. A failed id comes back after a growing wait. */
export function startWorkers(scope: Scope, options: WorkersOptions): Workers {
  const { name, clock, metrics, workers = defaultWorkers } = options;
  const queue = new WorkQueue(clock);
  scope.signal.addEventListener("abort", () => queue.close(), { once: true });
  const add = (id: string) => {
    metrics?.added(name, id, clock.now());
    queue.add(id);
  };
  return {
    add,
    addAfter: (id, ms) => queue.addAfter(id, ms),
    begin() {
      for (let i = 0; i < workers; i++) scope.spawn(`worker ${i}`, (signal) => takeTurns(queue, options, signal));
    },
  };
}

async function takeTurns(queue: WorkQueue, options: WorkersOptions, signal: AbortSignal): Promise<void> {
  for (let id = await queue.take(); id !== undefined; id = await queue.take()) {
    await turn(queue, id, options, signal);
  }
}

async function turn(queue: WorkQueue, id: string, options: WorkersOptions, signal: AbortSignal): Promise<void> {
  const { name, clock, log, metrics, work } = options;
  const began = clock.now();
  metrics?.taken(name, id, began);
  try {
    const outcome = await work(id, signal);
    queue.forget(id);
    if (outcome) queue.addAfter(id, outcome.again);
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof Terminal) {
      queue.forget(id);
      log.error({ controller: name, key: id, err: error }, "gave up until the next event");
    } else {
      // Somebody else wrote first: the next look at the cache sees it, nothing is wrong.
      if (isConflict(error)) log.debug({ controller: name, key: id }, error.message);
      else log.warn({ controller: name, key: id, retries: queue.retries(id), err: error }, "reconcile failed");
      metrics?.retried(name);
      queue.retry(id);
    }
  } finally {
    metrics?.done(name, id, clock.now() - began);
    queue.done(id);
  }
}
