import { setMaxListeners } from "node:events";

/** The lifetime that a component is given: what it spawns is awaited and what it defers is undone when it stops. */
export interface Scope {
  readonly signal: AbortSignal;
  /** Runs a task that lives as long as the component. A task that rejects, other than by the abort itself, fails the run. */
  spawn(name: string, task: (signal: AbortSignal) => Promise<void>): void;
  /** Cleanups run last in, first out, after all tasks of the component have ended. */
  defer(cleanup: () => void | Promise<void>): void;
}

/** Anything that runs. `start` resolves when the component is ready; it never has a `stop` of its own. */
export interface Component {
  readonly name: string;
  start(scope: Scope): Promise<void>;
}

export interface Running extends AsyncDisposable {
  /** Rejects with the first failure of a task; never resolves. */
  readonly failed: Promise<never>;
  /** Stops in reverse order of start. A task that ignores its signal for `graceMs` is left behind and named in the error. */
  stop(options?: { graceMs?: number }): Promise<void>;
}

interface Started {
  readonly name: string;
  readonly abort: AbortController;
  readonly tasks: Map<Promise<void>, string>;
  readonly cleanups: (() => void | Promise<void>)[];
}

const defaultGraceMs = 10_000;

/** Starts the components in list order, each ready before the next starts. If one fails to start, those before it are stopped. */
export async function run(components: readonly Component[], options: { signal?: AbortSignal } = {}): Promise<Running> {
  const started: Started[] = [];
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => {}); // observed by whoever awaits `failed`; unobserved it must not end the process

  let stopping: Promise<void> | undefined;
  const stop = (stopOptions: { graceMs?: number } = {}) => {
    stopping ??= stopAll(started, stopOptions.graceMs ?? defaultGraceMs);
    return stopping;
  };

  try {
    for (const component of components) {
      options.signal?.throwIfAborted();
      const part: Started = {
        name: component.name,
        abort: new AbortController(),
        tasks: new Map(),
        cleanups: [],
      };
      setMaxListeners(0, part.abort.signal); // a component may hold thousands of watches on one signal
      started.push(part);
      await component.start(scopeOf(part, fail));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  options.signal?.addEventListener("abort", () => void stop(), { once: true });
  return { failed, stop, [Symbol.asyncDispose]: () => stop() };
}

function scopeOf(part: Started, fail: (error: unknown) => void): Scope {
  const { signal } = part.abort;
  return {
    signal,
    spawn(name, task) {
      const running: Promise<void> = task(signal)
        .catch((error: unknown) => {
          if (!signal.aborted) fail(new Error(`${part.name}: ${name} failed`, { cause: error }));
        })
        .finally(() => part.tasks.delete(running));
      part.tasks.set(running, name);
    },
    defer: (cleanup) => void part.cleanups.push(cleanup),
  };
}

async function stopAll(started: Started[], graceMs: number): Promise<void> {
  const errors: unknown[] = [];
  for (const part of started.toReversed()) {
    part.abort.abort(new DOMException(`${part.name} is stopping`, "AbortError"));
    const late = await endedWithin([...part.tasks.keys()], graceMs);
    if (late) errors.push(new Error(`${part.name}: still running: ${[...part.tasks.values()].join(", ")}`));
    for (const cleanup of part.cleanups.toReversed()) {
      try {
        await cleanup();
      } catch (error) {
        errors.push(new Error(`${part.name}: cleanup failed`, { cause: error }));
      }
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, "not everything stopped cleanly");
}

/** Real time on purpose: stopping must end even when the cluster's clock stands still. */
async function endedWithin(tasks: Promise<void>[], graceMs: number): Promise<boolean> {
  if (tasks.length === 0) return false;
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<true>((resolve) => {
    timer = setTimeout(() => resolve(true), graceMs);
  });
  const late = await Promise.race([Promise.all(tasks).then(() => false), timeout]);
  clearTimeout(timer);
  return late;
}
