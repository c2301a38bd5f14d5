import type { KubeObject } from "#api/meta/object-meta.ts";
import type { Resource } from "#api/resource.ts";
import type { UserInfo } from "#client/transport.ts";

/** A write on its way to the store, as the plugins see it. */
export interface Review {
  readonly verb: "create" | "update" | "delete";
  readonly resource: Resource;
  readonly subresource?: string | undefined;
  readonly namespace?: string | undefined;
  /** Empty while a generated name is not known, and for the deletion of a whole collection. */
  readonly name: string;
  /** The object as it is to become; plugins that mutate change it in place. Missing on a deletion. */
  readonly object?: KubeObject | undefined;
  /** The object as it is. Missing on a creation. */
  readonly old?: KubeObject | undefined;
  readonly user: UserInfo;
  readonly dryRun: boolean;
}

/** Told whether the write was done. */
export type Settle = (committed: boolean) => void;

/** Each hook throws ApiError to refuse. An update that meets another write goes through all of them again. */
export interface AdmissionPlugin {
  readonly name: string;
  mutate?(review: Review): void | Promise<void>;
  /** Takes what the object needs out of a shared pool and writes it into the object. */
  reserve?(review: Review): Settle | undefined;
  validate?(review: Review): void | Promise<void>;
}

/** Asks the plugins in order: first all that mutate, just before validation those that reserve, at last those that validate. */
export class Admission {
  readonly #plugins: readonly AdmissionPlugin[];

  constructor(plugins: readonly AdmissionPlugin[]) {
    this.#plugins = plugins;
  }

  async mutate(review: Review): Promise<void> {
    for (const plugin of this.#plugins) await plugin.mutate?.(review);
  }

  reserve(review: Review): Settle {
    const settled: Settle[] = [];
    const settle: Settle = (committed) => {
      for (const each of settled) each(committed);
    };
    try {
      for (const plugin of this.#plugins) {
        const reserved = plugin.reserve?.(review);
        if (reserved) settled.push(reserved);
      }
    } catch (error) {
      settle(false);
      throw error;
    }
    return settle;
  }

  async validate(review: Review): Promise<void> {
    for (const plugin of this.#plugins) await plugin.validate?.(review);
  }
}
