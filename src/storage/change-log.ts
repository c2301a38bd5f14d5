import { type Change, Compacted } from "./storage.ts";

export interface ChangeLogLimits {
  readonly changes: number;
  readonly bytes: number;
}

export const defaultLimits: ChangeLogLimits = { changes: 10_000, bytes: 32 * 1024 * 1024 };

/**
 * The most recent changes of a store, in memory, and the readers that follow them. A reader is a revision and nothing
 * else: one that falls behind what is kept is told so (or reads on from the disk), and never holds up the writer.
 */
export class ChangeLog {
  /** Changes with #floor < revision <= #head are held, from #start on in #changes, revisions rising; before it are holes. */
  #floor: number;
  #head: number;
  #changes: (Change | undefined)[] = [];
  #start = 0;
  #bytes = 0;
  #closed = false;
  readonly #limits: ChangeLogLimits;
  readonly #waiting = new Set<() => void>();

  constructor(head: number, limits: ChangeLogLimits = defaultLimits) {
    this.#head = head;
    this.#floor = head;
    this.#limits = limits;
  }

  get head(): number {
    return this.#head;
  }

  /** The oldest revision from which every later change is held. */
  get floor(): number {
    return this.#floor;
  }

  get closed(): boolean {
    return this.#closed;
  }

  append(changes: readonly Change[]): void {
    for (const change of changes) {
      this.#changes.push(change);
      this.#bytes += weight(change);
      this.#head = change.revision;
    }
    this.#trim();
    this.#wake();
  }

  /** Forgets the changes up to `revision`. */
  forget(revision: number): void {
    while (this.#start < this.#changes.length && this.#changes[this.#start]!.revision <= revision) this.#drop();
    this.#floor = Math.max(this.#floor, Math.min(revision, this.#head));
    this.#tidy();
  }

  /** Nothing is known of what lies before `head`. */
  jump(head: number): void {
    this.#changes = [];
    this.#start = 0;
    this.#bytes = 0;
    this.#floor = head;
    this.#head = head;
    this.#wake();
  }

  /**
   * About `max` changes above `revision`; throws Compacted when some are no longer held. Changes of one revision, as of
   * entries that expire together, are never torn apart.
   */
  after(revision: number, max = Number.POSITIVE_INFINITY): Change[] {
    if (revision < this.#floor) throw new Compacted(revision, this.#floor);
    const first = this.#indexAfter(revision);
    let end = Math.min(first + max, this.#changes.length);
    while (end > first && this.#changes[end]?.revision === this.#changes[end - 1]?.revision) end++;
    return this.#changes.slice(first, end) as Change[];
  }

  /** Resolves as soon as something is appended after this call, the log is closed or the signal aborts. */
  grown(signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener("abort", wake);
        this.#waiting.delete(wake);
        resolve();
      };
      signal.addEventListener("abort", wake, { once: true });
      this.#waiting.add(wake);
    });
  }

  /** Readers end. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  #indexAfter(revision: number): number {
    let low = this.#start;
    let high = this.#changes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#changes[middle]!.revision > revision) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #trim(): void {
    const { changes, bytes } = this.#limits;
    while (
      this.#changes.length - this.#start > changes ||
      (this.#bytes > bytes && this.#start < this.#changes.length)
    ) {
      this.#floor = this.#changes[this.#start]!.revision;
      this.#drop();
    }
    this.#tidy();
  }

  #drop(): void {
    this.#bytes -= weight(this.#changes[this.#start]!);
    this.#changes[this.#start] = undefined; // freed now, cut off later
    this.#start++;
  }

  /** Cutting off the front costs as much as what is left, so it waits until as much has been dropped. */
  #tidy(): void {
    if (this.#start < 1024 || this.#start * 2 < this.#changes.length) return;
    this.#changes = this.#changes.slice(this.#start);
    this.#start = 0;
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}

const weight = ({ entry, previous }: Change): number =>
  256 + (entry?.value.byteLength ?? 0) + (previous?.value.byteLength ?? 0);

const batchSize = 256;

export interface FollowOptions {
  readonly prefix: string;
  readonly from: number;
  readonly signal: AbortSignal;
  /** Reads changes that the log does not hold any more, up to `until`; throws Compacted when they are gone for good. */
  readonly older?: (from: number, until: number) => Change[];
}

/** Every change above `from` under a prefix, in batches. Ends when the signal aborts or the log is closed. */
export async function* follow(
  log: ChangeLog,
  { prefix, from, signal, older }: FollowOptions,
): AsyncGenerator<readonly Change[]> {
  let seen = from;
  while (!signal.aborted && !log.closed) {
    const fromDisk = older !== undefined && seen < log.floor;
    const batch = fromDisk ? older(seen, log.floor) : log.after(seen, batchSize);
    if (!fromDisk && batch.length === 0) {
      await log.grown(signal); // no turn lies between the look and the wait, so nothing falls in between
      continue;
    }
    seen = fromDisk ? log.floor : batch.at(-1)!.revision;
    const wanted = batch.filter(({ key }) => key.startsWith(prefix));
    if (wanted.length > 0) yield wanted;
  }
}
