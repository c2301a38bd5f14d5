import { type Client, createClient } from "#client/client.ts";
import type { UserInfo } from "#client/transport.ts";
import type { Clock } from "#kit/clock.ts";
import { run } from "#kit/scope.ts";
import { openMemoryStorage } from "#storage/memory-storage.ts";
import type { Storage } from "#storage/storage.ts";
import { type ApiServer, type ApiServerOptions, createApiServer } from "./api-server.ts";

export const admin: UserInfo = { name: "admin", groups: ["system:masters", "system:authenticated"] };

/** A clock that stands still until it is told to move. */
export class StandingClock implements Clock {
  #now = Date.parse("2030-01-01T00:00:00Z");
  #timers: { at: number; run: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }

  /** Lets time pass; what is due runs in order, each followed by a turn in which its consequences can happen. */
  async pass(ms: number): Promise<void> {
    const until = this.#now + ms;
    for (;;) {
      const [next] = this.#timers.filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at);
      if (!next) break;
      this.#timers = this.#timers.filter((each) => each !== next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
      await new Promise(setImmediate);
    }
    this.#now = until;
  }
}

export interface TestServer extends AsyncDisposable {
  readonly api: ApiServer;
  readonly client: Client;
  readonly clock: StandingClock;
  readonly storage: Storage;
}

/** A whole API server in this process on a storage in memory. */
export async function testServer(options: Partial<ApiServerOptions> = {}): Promise<TestServer> {
  const clock = new StandingClock();
  const storage = options.storage ?? openMemoryStorage();
  const api = createApiServer({ clock, storage, ...options });
  const running = await run([api]);
  return {
    api,
    clock,
    storage,
    client: createClient(api, { user: admin }),
    [Symbol.asyncDispose]: () => running.stop(),
  };
}
