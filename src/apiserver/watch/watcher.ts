import type { KubeObject } from "#api/meta/object-meta.ts";
import type { Watch, WatchEvent } from "#api/meta/watch.ts";
import type { Clock } from "#kit/clock.ts";
import { select } from "./event.ts";
import { addedEvent, type Feed } from "./feed.ts";
import type { Selection } from "./selection.ts";

const batchSize = 256;
const bookmarkEveryMs = 60_000;
/** How long before the end of a watch the last bookmark is sent. */
const lastBookmarkMs = 2_000;

export interface WatchPlan {
  readonly feed: Feed;
  readonly selection: Selection;
  /** Where in the ring the watch goes on. */
  readonly place: number;
  /** Only changes above this revision; it may lie ahead of the feed. */
  readonly above: number;
  /** What is there already and is to be told first. */
  readonly initial: readonly KubeObject[];
  /** A bookmark ends the initial events. */
  readonly markInitialEnd: boolean;
  readonly bookmarks: boolean;
  readonly timeoutMs: number | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

/** The events of a plan. Its place is all that it keeps, so one that is never read costs nothing. */
export async function* follow(plan: WatchPlan): Watch & AsyncGenerator<readonly WatchEvent[]> {
  const { feed, selection, signal } = plan;
  const alarm = new Alarm(plan);
  let { place } = plan;
  try {
    yield* initialEvents(plan);
    while (!signal?.aborted) {
      const taken = feed.take(place, batchSize);
      if (taken.length === 0) {
        if (alarm.bookmarkDue()) yield [feed.bookmark()];
        else if (alarm.ended) return;
        else await alarm.rings();
        continue;
      }
      place += taken.length;
      const fresh = (taken[0]?.revision ?? 0) > plan.above ? taken : taken.filter((e) => e.revision > plan.above);
      const events = select(fresh, selection.sees);
      if (events.length > 0) yield events;
    }
  } finally {
    alarm.off();
  }
}

function* initialEvents({ initial, markInitialEnd, feed, above }: WatchPlan): Generator<readonly WatchEvent[]> {
  for (let i = 0; i < initial.length; i += batchSize) yield initial.slice(i, i + batchSize).map(addedEvent);
  if (markInitialEnd) yield [{ type: "BOOKMARK", revision: above || feed.revision, initialEventsEnd: true }];
}

/** Wakes a watch: something changed, a bookmark is due, time is up, or nobody wants it any more. */
class Alarm {
  ended = false;
  #bookmarkDue = false;
  #wake = () => {};
  readonly #cleanups: (() => void)[] = [];

  constructor({ feed, signal, clock, timeoutMs, bookmarks }: WatchPlan) {
    const ring = () => this.#wake();
    this.#cleanups.push(feed.onChange(ring));
    if (signal) {
      signal.addEventListener("abort", ring, { once: true });
      this.#cleanups.push(() => signal.removeEventListener("abort", ring));
    }
    if (timeoutMs !== undefined) {
      this.#at(clock, timeoutMs, () => {
        this.ended = true;
      });
    }
    if (bookmarks) this.#scheduleBookmark(clock, timeoutMs);
  }

  bookmarkDue(): boolean {
    const due = this.#bookmarkDue;
    this.#bookmarkDue = false;
    return due;
  }

  rings(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  off(): void {
    for (const cleanup of this.#cleanups) cleanup();
  }

  #scheduleBookmark(clock: Clock, leftMs: number | undefined): void {
    const last = leftMs === undefined ? Number.POSITIVE_INFINITY : leftMs - lastBookmarkMs;
    if (last <= 0) return;
    const wait = Math.min(bookmarkEveryMs, last);
    this.#at(clock, wait, () => {
      this.#bookmarkDue = true;
      this.#scheduleBookmark(clock, leftMs === undefined ? undefined : leftMs - wait);
    });
  }

  #at(clock: Clock, ms: number, act: () => void): void {
    const cancel = clock.after(ms, () => {
      act();
      this.#wake();
    });
    this.#cleanups.push(cancel);
  }
}
