import type { KubeObject } from "#api/meta/object-meta.ts";
import { parseTime } from "#api/meta/time.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import type { Component, Scope } from "#kit/scope.ts";
import { pause } from "#kit/sleep.ts";
import { objectKey } from "./keys.ts";
import { type KindStore, Outrun } from "./kind-store.ts";
import { fieldOf } from "./metadata.ts";

/** Several objects that end at about the same time are removed in one go. */
const everyMs = 30_000;

interface Due {
  readonly at: number;
  readonly key: string;
  readonly resourceVersion: string;
}

/** Removes objects of kinds that do not last, a while after they were last written, where the storage does not do it. */
export class Expiry implements Component {
  readonly name: string;
  readonly #store: KindStore;
  readonly #ttlMs: number;
  readonly #clock: Clock;
  readonly #log: Logger;
  /** The order of writes, which is the order of their ends, apart from what was there at the start. */
  #due: Due[] = [];

  constructor(store: KindStore, { ttlSeconds, clock, log }: { ttlSeconds: number; clock: Clock; log: Logger }) {
    this.name = `${store.resource.plural} expiry`;
    this.#store = store;
    this.#ttlMs = ttlSeconds * 1000;
    this.#clock = clock;
    this.#log = log;
  }

  /** The feed must be loaded. */
  async start(scope: Scope): Promise<void> {
    for (const [key, object] of this.#store.feed.objects()) this.#note(key, object, lastWritten(object));
    this.#due.sort((a, b) => a.at - b.at);
    const forget = this.#store.feed.listen(({ type, object }) => {
      const { namespace, name } = object.metadata;
      if (type !== "DELETED") this.#note(objectKey(this.#store.resource, namespace, name), object, this.#clock.now());
    });
    scope.defer(() => void forget());
    scope.spawn("expire", (signal) => this.#run(signal));
  }

  #note(key: string, { metadata: { resourceVersion } }: KubeObject, writtenAt: number): void {
    this.#due.push({ at: writtenAt + this.#ttlMs, key, resourceVersion });
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#removeDue();
      await pause(everyMs, this.#clock, signal);
    }
  }

  async #removeDue(): Promise<void> {
    const now = this.#clock.now();
    let count = 0;
    while ((this.#due[count]?.at ?? Number.POSITIVE_INFINITY) <= now) count++;
    for (const { key, resourceVersion } of this.#due.splice(0, count)) {
      const object = this.#store.feed.get(key);
      if (object?.metadata.resourceVersion === resourceVersion) await this.#remove(object);
    }
  }

  async #remove(object: KubeObject): Promise<void> {
    try {
      await this.#store.remove(object);
    } catch (error) {
      if (error instanceof Outrun) return; // written anew or gone: either way not ours to remove now
      this.#log.warn({ err: error, name: object.metadata.name }, "an object could not be removed at its end");
    }
  }
}

/** When an object from before the start was written last, as far as it says so itself. */
function lastWritten(object: KubeObject): number {
  const times = [object.metadata.creationTimestamp, fieldOf(object, "lastTimestamp")];
  return Math.max(...times.map((text) => parseTime(text as string | undefined)).filter((ms) => !Number.isNaN(ms)));
}
