import { type FSWatcher, watch } from "node:fs";
import { dirname } from "node:path";
import type { Clock } from "#kit/clock.ts";

/** Some file systems tell nothing, and every watch may miss something. */
const pollMs = 1_000;

/** Waits for changes in a file's folder. A change that comes while nobody waits is remembered. */
export class FileChanges implements Disposable {
  readonly #clock: Clock;
  readonly #watcher: FSWatcher | undefined;
  #changed = false;
  #wake: (() => void) | undefined;

  constructor(path: string, clock: Clock) {
    this.#clock = clock;
    this.#watcher = startWatching(path, () => {
      this.#changed = true;
      this.#wake?.();
    });
  }

  /** Resolves after a change since the last wait, after a while, or when the signal aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    if (!this.#changed && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          cancel();
          signal.removeEventListener("abort", wake);
          this.#wake = undefined;
          resolve();
        };
        const cancel = this.#clock.after(pollMs, wake);
        signal.addEventListener("abort", wake, { once: true });
        this.#wake = wake;
      });
    }
    this.#changed = false;
  }

  [Symbol.dispose](): void {
    this.#watcher?.close();
  }
}

function startWatching(path: string, changed: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(dirname(path), { persistent: false }, changed);
    watcher.on("error", () => watcher.close()); // the folder is gone, or the kernel's limit is reached: polling goes on
    return watcher;
  } catch {
    return undefined; // as above
  }
}
