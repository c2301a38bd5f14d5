import { type Change, type Entry, StorageConflict, type Write } from "./storage.ts";

export interface GroupCommitOptions {
  /** The revision of the last committed write. */
  readonly head: number;
  /** The committed entry of a key. */
  read(key: string): Entry | undefined;
  /** Makes all changes durable, or none. */
  commit(changes: readonly Change[]): Promise<void>;
  /** Called with what was committed, before its writers are told. */
  committed(changes: readonly Change[]): void;
}

interface Waiting {
  readonly write: Write;
  readonly previous: Entry | undefined;
  readonly resolve: (change: Change) => void;
  readonly reject: (error: unknown) => void;
}

/** More would hold the event loop for too long while they are handed over. */
const mostInOneCommit = 256;

/**
 * Writes that arrive in one turn, or while another commit is under way, are committed together: each waits for one
 * flush of the disk, not for one per writer before it. One commit at a time, in order.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  #head: number;
  #queue: Waiting[] = [];
  #scheduled = false;
  /** What is under way and what must follow it; never rejects. */
  #chain: Promise<void> = Promise.resolve();
  /** Keys with a write not yet settled. A second write of a key waits for the first, so that it checks what is committed. */
  readonly #unsettled = new Map<string, Promise<void>>();

  constructor(options: GroupCommitOptions) {
    this.#options = options;
    this.#head = options.head;
  }

  async write(write: Write): Promise<Change> {
    for (let other = this.#unsettled.get(write.key); other; other = this.#unsettled.get(write.key)) await other;
    const previous = this.#options.read(write.key);
    const removesNothing = !previous && !write.value;
    if ((previous?.revision ?? 0) !== write.expect || removesNothing) throw new StorageConflict(write.key, previous);
    const change = new Promise<Change>((resolve, reject) => {
      this.#queue.push({ write, previous, resolve, reject });
    });
    const settled = change.then(
      () => void this.#unsettled.delete(write.key),
      () => void this.#unsettled.delete(write.key),
    );
    this.#unsettled.set(write.key, settled);
    this.#schedule();
    return change;
  }

  /** Runs `task` while no commit is under way. */
  exclusively(task: () => Promise<void>): Promise<void> {
    const done = this.#chain.then(task);
    this.#chain = done.catch(() => {}); // the caller has the error; the chain goes on
    return done;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#chain = this.#chain.then(endOfTurn).then(() => this.#commitQueue());
  }

  async #commitQueue(): Promise<void> {
    this.#scheduled = false;
    const batch = this.#queue.splice(0, mostInOneCommit);
    if (this.#queue.length > 0) this.#schedule();
    const changes = batch.map(({ write, previous }, i) => changeOf(write, previous, this.#head + 1 + i));
    try {
      await this.#options.commit(changes);
    } catch (error) {
      for (const { reject } of batch) reject(error); // no revision was used: the next batch takes the same ones
      return;
    }
    this.#head += changes.length;
    this.#options.committed(changes);
    batch.forEach(({ resolve }, i) => {
      resolve(changes[i]!);
    });
  }
}

const endOfTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

export function changeOf({ key, value, passenger }: Write, previous: Entry | undefined, revision: number): Change {
  const entry = value && { key, value, revision, created: previous?.created ?? revision };
  return {
    revision,
    key,
    ...(entry && { entry }),
    ...(previous && { previous }),
    ...(passenger !== undefined && { passenger }),
  };
}
