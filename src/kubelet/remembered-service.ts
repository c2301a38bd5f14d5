import type { Service } from "#api/core/v1/service.ts";
import type { Checkpoint } from "#checkpoint/checkpoint.ts";
import type { Logger } from "#kit/log.ts";

const key = "services/default/kubernetes";

/** The Service of the API, as it was last seen: containers that start while nobody answers find their way to it all the same. */
export class RememberedService {
  readonly #checkpoint: Checkpoint | undefined;
  readonly #log: Logger;
  #saved: string | undefined;

  constructor(checkpoint: Checkpoint | undefined, log: Logger) {
    this.#checkpoint = checkpoint;
    this.#log = log;
  }

  async recall(): Promise<Service | undefined> {
    const saved = (await this.#checkpoint?.load())?.get(key);
    if (!saved) return undefined;
    try {
      return JSON.parse(new TextDecoder().decode(saved)) as Service;
    } catch (error) {
      this.#log.warn({ key, err: error }, "a remembered service cannot be read");
      return undefined;
    }
  }

  keep({ kind, apiVersion, metadata: { name, namespace }, spec }: Service): void {
    const text = JSON.stringify({ kind, apiVersion, metadata: { name, namespace }, spec });
    if (!this.#checkpoint || text === this.#saved) return;
    this.#saved = text;
    this.#checkpoint.save(key, new TextEncoder().encode(text)).catch((error: unknown) => {
      this.#saved = undefined;
      this.#log.warn({ err: error }, "the service of the API could not be remembered");
    });
  }
}
