import type { Pod } from "#api/core/v1/pod.ts";
import type { Checkpoint } from "#checkpoint/checkpoint.ts";
import type { Logger } from "#kit/log.ts";

const prefix = "pods/";

/** The pods of this node as it remembers them itself, so that they come back after a reboot without an API server. */
export class PodMemory {
  readonly #checkpoint: Checkpoint | undefined;
  readonly #log: Logger;
  /** What was saved of each pod, as a short text: most changes of a pod are not worth a write to disk. */
  readonly #saved = new Map<string, string>();

  constructor(checkpoint: Checkpoint | undefined, log: Logger) {
    this.#checkpoint = checkpoint;
    this.#log = log;
  }

  async recall(): Promise<Pod[]> {
    const entries = [...((await this.#checkpoint?.load()) ?? new Map<string, Uint8Array>())];
    return entries.filter(([key]) => key.startsWith(prefix)).flatMap(([key, value]) => this.#parse(key, value));
  }

  keep(pod: Pod): void {
    const { uid, generation, deletionTimestamp } = pod.metadata;
    const { phase, containerStatuses = [] } = pod.status ?? {};
    const over = phase === "Succeeded" || phase === "Failed" ? phase : "";
    // The containers' ids are what restarts are counted by when the runtime has forgotten everything.
    const mark = [generation, deletionTimestamp, over, ...containerStatuses.map((c) => c.containerID)].join(" ");
    if (!this.#checkpoint || this.#saved.get(uid) === mark) return;
    this.#saved.set(uid, mark);
    const value = new TextEncoder().encode(JSON.stringify(pod));
    this.#checkpoint.save(prefix + uid, value).catch((error: unknown) => {
      this.#saved.delete(uid);
      this.#log.warn({ pod: pod.metadata.name, err: error }, "the pod could not be remembered");
    });
  }

  forget(uid: string): void {
    this.#saved.delete(uid);
    this.#checkpoint?.remove(prefix + uid).catch((error: unknown) => {
      this.#log.warn({ uid, err: error }, "the pod could not be forgotten");
    });
  }

  #parse(key: string, value: Uint8Array): Pod[] {
    try {
      return [JSON.parse(new TextDecoder().decode(value)) as Pod];
    } catch (error) {
      this.#log.warn({ key, err: error }, "a remembered pod cannot be read");
      return [];
    }
  }
}
