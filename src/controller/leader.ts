import { ApiError } from "#api/meta/api-error.ts";
import type { Transport } from "#client/transport.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import { withPermission } from "#kit/permission.ts";
import { type Component, run } from "#kit/scope.ts";
import { sleep } from "#kit/sleep.ts";
import { LeaderLease, type LeaderLeaseOptions, leaderTimes } from "./leader-lease.ts";

export interface LeaderOptions extends LeaderLeaseOptions {
  readonly log: Logger;
  /** What the leader runs, made anew for each term. Its writes must go through `fenced`. */
  readonly components: (term: Term) => readonly Component[];
  /** Between 0 and 1: spreads the attempts of several candidates. */
  readonly random?: () => number;
}

/** The time for which this process is the leader. */
export interface Term {
  /** False from the moment on at which another may have become the leader, whether we have noticed or not. */
  isValid(): boolean;
}

const reads = new Set(["get", "list", "watch"]);

/**
 * Refuses writes of a term that is over. Whoever was stopped for a while and goes on in the middle of something
 * finds the clock beyond his lease at the next write, before he hears of the new leader. A server in this process asks once
 * more when it hands the write to the storage.
 */
export function fenced(inner: Transport, term: Term): Transport {
  const check = () => {
    if (!term.isValid()) throw new ApiError("ServiceUnavailable", "this server is not the leader any more");
  };
  return {
    async dispatch(request) {
      if (reads.has(request.verb)) return inner.dispatch(request);
      check();
      return withPermission(check, () => inner.dispatch(request));
    },
  };
}

/** Runs components only while this process holds a Lease, of all that want it at most one. */
export function leaderElected(options: LeaderOptions): Component {
  return {
    name: `leader-of-${options.name}`,
    async start(scope) {
      scope.spawn("elect", (signal) => campaign(options, signal));
    },
  };
}

async function campaign(options: LeaderOptions, signal: AbortSignal): Promise<void> {
  const { clock, log, name, random = Math.random } = options;
  const lease = new LeaderLease(options);
  while (!signal.aborted) {
    const at = clock.now();
    if (await tried(lease, options, leaderTimes.renew)) await lead(options, lease, at, signal);
    if (!signal.aborted) log.debug({ lease: name }, "another server leads");
    await sleep(leaderTimes.retry * (1 + 0.2 * random()), clock, signal).catch(() => {}); // only the abort ends it early
  }
}

/** One term: until the lease is lost or the signal aborts. Rejects when what the leader runs fails. */
async function lead(options: LeaderOptions, lease: LeaderLease, since: number, signal: AbortSignal): Promise<void> {
  const { clock, log, name, identity } = options;
  let renewed = since;
  const term: Term = { isValid: () => !ended.aborted && clock.now() < renewed + leaderTimes.lease };
  const end = new AbortController();
  const ended = end.signal;
  log.info({ lease: name, identity }, "this server leads");
  const running = await run(options.components(term));
  running.failed.catch((error: unknown) => end.abort(error));
  const over = AbortSignal.any([signal, ended]);
  try {
    while (!over.aborted) {
      await sleep(leaderTimes.retry, clock, over).catch(() => {}); // only the end ends it early
      if (over.aborted) break;
      const at = clock.now();
      const left = renewed + leaderTimes.renew - at;
      if (left > 0 && (await tried(lease, options, left))) renewed = at;
      else if (clock.now() >= renewed + leaderTimes.renew) {
        log.error({ lease: name }, "the lease is lost: another server leads, or none can");
        break;
      }
    }
    if (ended.aborted) throw ended.reason;
  } finally {
    end.abort();
    await running.stop();
    // the others need not wait; when the API does not answer, they wait
    if (signal.aborted) await lease.release().catch(() => {});
  }
}

/** Whether the lease could be had in time. That the API does not answer is no error here: it is tried again. */
async function tried(lease: LeaderLease, { clock, log, name }: LeaderOptions, limitMs: number): Promise<boolean> {
  return within(clock, limitMs, lease.claim()).catch((error: unknown) => {
    log.warn({ lease: name, err: error }, "the lease could not be claimed");
    return false;
  });
}

function within<T>(clock: Clock, ms: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => reject(new Error("the API does not answer in time")));
    work.then(resolve, reject).finally(cancel);
  });
}
