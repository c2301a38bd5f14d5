import type { ApiRequest, ApiResponse, Transport } from "#client/transport.ts";

/** How many turns of the event loop must pass without any work before a cluster counts as settled. */
const quietTurns = 3;

/**
 * Knows whether anything goes on in a cluster that lives in this process. Whoever acts does so by a request, and whoever
 * waits for a change is woken within the turn in which it happens; so when no request is under way, no file is being read
 * or written, and a few turns bring no new request, nothing will happen until time moves on.
 */
export class Activity {
  #underWay = 0;
  #begun = 0;
  readonly #idle = new Set<() => void>();

  /** Requests through this transport count, watches only until they are open. */
  track(transport: Transport): Transport {
    return { dispatch: (request) => this.#dispatch(transport, request) };
  }

  async #dispatch(transport: Transport, request: ApiRequest): Promise<ApiResponse> {
    this.#underWay++;
    this.#begun++;
    try {
      return await transport.dispatch(request);
    } finally {
      this.#underWay--;
      if (this.#underWay === 0) for (const wake of this.#idle) wake();
    }
  }

  /** Resolves when nothing happens any more at this moment of the clock. */
  async settled(): Promise<void> {
    for (let quiet = 0; quiet < quietTurns; quiet++) {
      await this.#noRequest();
      const begun = this.#begun;
      await turn();
      if (this.#begun !== begun || this.#underWay > 0 || filesInUse()) quiet = -1;
    }
  }

  #noRequest(): Promise<void> {
    if (this.#underWay === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        this.#idle.delete(wake);
        resolve();
      };
      this.#idle.add(wake);
    });
  }
}

/** All promises that can go on have done so, and I/O that is ready was taken. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Components write volumes and checkpoints between their requests. */
function filesInUse(): boolean {
  return process.getActiveResourcesInfo().some((resource) => resource.startsWith("FSReq"));
}
