import { ServiceAccounts } from "#api/catalog.ts";
import type { ConfigMap } from "#api/core/v1/config-map.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import type { ApiError } from "#api/meta/api-error.ts";
import type { Draft } from "#api/meta/object-meta.ts";
import type { WatchEvent } from "#api/meta/watch.ts";
import { type Client, createClient } from "#client/client.ts";
import type { UserInfo } from "#client/transport.ts";
import { systemClock } from "#kit/clock.ts";
import { run } from "#kit/scope.ts";
import { openMemoryStorage } from "#storage/memory-storage.ts";
import type { Storage } from "#storage/storage.ts";
import { type ApiServer, type ApiServerOptions, createApiServer } from "./api-server.ts";

export const admin: UserInfo = { name: "admin", groups: ["system:masters", "system:authenticated"] };

export interface TestServer extends AsyncDisposable {
  readonly api: ApiServer;
  /** May do everything. */
  readonly client: Client;
  readonly storage: Storage;
  as(user: UserInfo): Client;
}

/** A whole API server in this process, on a storage in memory, with what pods need in the namespace `default`. */
export async function testServer(options: Partial<ApiServerOptions> = {}): Promise<TestServer> {
  const storage = options.storage ?? openMemoryStorage();
  const api = createApiServer({ clock: systemClock, ...options, storage });
  const running = await run([api]);
  const as = (user: UserInfo) => createClient(api, { user });
  const client = as(admin);
  await client
    .create(ServiceAccounts, { metadata: { namespace: "default", name: "default" } })
    .catch((error: ApiError) => {
      if (error.reason !== "AlreadyExists") throw error; // the storage was used before
    });
  return { api, client, storage, as, [Symbol.asyncDispose]: () => running.stop() };
}

export const configMap = (name: string, data: Record<string, string> = { a: "1" }): Draft<ConfigMap> => ({
  metadata: { namespace: "default", name },
  data,
});

export const pod = (name: string, spec: Draft<Pod["spec"]> = {}): Draft<Pod> => ({
  metadata: { namespace: "default", name },
  spec: { containers: [{ name: "c", image: "registry.local/i:1" }], ...spec },
});

/** What was seen, as `ADDED a@7`. */
export const shortly = (events: readonly WatchEvent[]): string[] =>
  events.map((event) =>
    event.type === "BOOKMARK"
      ? `BOOKMARK${event.initialEventsEnd ? " initial" : ""}`
      : `${event.type} ${event.object.metadata.name}`,
  );

/** Reads at least `count` events. */
export async function take(watch: AsyncIterable<readonly WatchEvent[]>, count: number): Promise<WatchEvent[]> {
  const seen: WatchEvent[] = [];
  if (count === 0) return seen;
  for await (const batch of watch) {
    seen.push(...batch);
    if (seen.length >= count) break;
  }
  return seen;
}

/** A check for `assert.rejects`. */
export const refused = (reason: string, message?: string | RegExp) => (error: unknown) => {
  const { reason: actual, message: text } = error as ApiError;
  if (actual !== reason) throw new Error(`expected ${reason}, got ${actual}: ${text}`, { cause: error });
  if (typeof message === "string" && text !== message) throw new Error(`expected ${message}\n     got ${text}`);
  if (message instanceof RegExp && !message.test(text)) throw new Error(`expected ${message}\n     got ${text}`);
  return true;
};
