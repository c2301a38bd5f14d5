import { type ConfigMap, ConfigMaps } from "#api/core/v1/config-map.ts";
import { type Secret, Secrets } from "#api/core/v1/secret.ts";
import { type Service, Services } from "#api/core/v1/service.ts";
import { ApiError, isNotFound } from "#api/meta/api-error.ts";
import type { Caches } from "#client/cache/caches.ts";
import type { Client } from "#client/client.ts";
import type { Clock } from "#kit/clock.ts";
import type { RememberedService } from "./remembered-service.ts";

/** The API server cannot tell now. */
export class Unanswered extends Error {
  constructor(cause: unknown) {
    super((cause as Error).message, { cause });
    this.name = "Unanswered";
  }
}

/** Throws the error itself when it is an answer, or else Unanswered. */
export function unlessAnswered(error: unknown): never {
  throw error instanceof ApiError && error.code < 500 ? error : new Unanswered(error);
}

/** The objects that pods refer to. */
export interface References {
  /** `undefined` when there is none. Throws Unanswered. */
  configMap(namespace: string, name: string): Promise<ConfigMap | undefined>;
  secret(namespace: string, name: string): Promise<Secret | undefined>;
  /** The Services whose addresses containers of this namespace find in their environment. */
  services(namespace: string): Promise<readonly Service[]>;
}

/** How long containers wait for the list of Services; a node that boots without an API server must not wait for ever. */
const servicesWaitMs = 2_000;

/** Asks the API server each time, as a container must start with what holds then; Services come from the cache. */
export function apiReferences(options: {
  readonly client: Pick<Client, "get">;
  readonly caches: Caches;
  readonly clock: Clock;
  readonly apiService: Pick<RememberedService, "recall" | "keep">;
}): References {
  const { client, caches, clock, apiService } = options;
  const orMissing = <O>(found: Promise<O>) =>
    found.catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      return unlessAnswered(error);
    });
  return {
    configMap: (namespace, name) => orMissing(client.get(ConfigMaps, { namespace, name })),
    secret: (namespace, name) => orMissing(client.get(Secrets, { namespace, name })),
    async services(namespace) {
      const abort = new AbortController();
      const cancel = clock.after(servicesWaitMs, () => abort.abort());
      try {
        await caches.synced([Services], abort.signal);
      } catch (error) {
        if (!abort.signal.aborted) throw error;
      } finally {
        cancel();
      }
      const seen = caches.find(Services, { namespace: "default", name: "kubernetes" });
      if (seen) apiService.keep(seen);
      const master = seen ?? (await apiService.recall());
      const own = caches.all(Services, namespace);
      return master && !own.includes(master) ? [master, ...own] : own;
    },
  };
}

/**
 * Whoever asks for what somebody is asking for already gets the same answer: volumes are brought up to date all at once, and
 * most refer to the same objects.
 */
export function shared(references: References): References {
  const asking = new Map<string, Promise<unknown>>();
  const once = <T>(id: string, ask: () => Promise<T>): Promise<T> => {
    const known = asking.get(id) as Promise<T> | undefined;
    if (known) return known;
    const answer = ask().finally(() => asking.delete(id));
    asking.set(id, answer);
    return answer;
  };
  return {
    configMap: (namespace, name) => once(`c/${namespace}/${name}`, () => references.configMap(namespace, name)),
    secret: (namespace, name) => once(`s/${namespace}/${name}`, () => references.secret(namespace, name)),
    services: (namespace) => references.services(namespace),
  };
}
