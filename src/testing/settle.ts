import type { ApiRequest, ApiResponse, Transport } from "#client/transport.ts";

/** How many turns of the event loop must pass without any work before a cluster counts as settled. */
const quietTurns = 3;

/** More requests than this at one moment of the clock are two parties that undo each other's work. */
const restless = 200_000;
/** After so many requests in one turn of the event loop the next waits for another turn, so that nobody is starved. */
const perTurn = 1000;

/**
 * Knows whether anything goes on in a cluster that lives in this process. Whoever acts does so by a request, and whoever
 * waits for a change is woken within the turn in which it happens; so when no request is under way, no file is being read
 * or written, and a few turns bring no new request, nothing will happen until time moves on.
 */
export class Activity {
  readonly #newsTaken: () => Promise<void>;
  #underWay = 0;
  #begun = 0;
  #inTurn = 0;
  #last: ApiRequest | undefined;
  readonly #idle = new Set<() => void>();

  /** @param newsTaken resolves when the servers have heard of all that was written; for a storage that tells news later than it acknowledges */
  constructor(newsTaken: () => Promise<void> = async () => {}) {
    this.#newsTaken = newsTaken;
  }

  /** Requests through this transport count, watches only until they are open. */
  track(transport: Transport): Transport {
    return { dispatch: (request) => this.#dispatch(transport, request) };
  }

  async #dispatch(transport: Transport, request: ApiRequest): Promise<ApiResponse> {
    this.#underWay++;
    this.#begun++;
    try {
      if (++this.#inTurn % perTurn === 0) await turn();
      this.#last = request;
      return await transport.dispatch(request);
    } finally {
      this.#underWay--;
      if (this.#underWay === 0 || this.#begun % perTurn === 0) for (const wake of this.#idle) wake();
    }
  }

  /** Resolves when nothing happens any more at this moment of the clock; rejects when that never comes. */
  async settled(): Promise<void> {
    const first = this.#begun;
    for (let quiet = 0; quiet < quietTurns; quiet++) {
      await this.#noRequest(first);
      const begun = this.#begun;
      await this.#newsTaken();
      await turn();
      if (this.#begun !== begun || this.#underWay > 0 || filesInUse()) quiet = -1;
    }
  }

  async #noRequest(first: number): Promise<void> {
    while (this.#underWay > 0) {
      if (this.#begun - first > restless) throw new Error(`the cluster does not come to rest; ${shown(this.#last)}`);
      await this.#nextIdle();
    }
  }

  /** Resolves when no request is under way, or at the latest after many more of them. */
  #nextIdle(): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#idle.delete(wake);
        resolve();
      };
      this.#idle.add(wake);
    });
  }
}

function shown(request: ApiRequest | undefined): string {
  const { verb, resource, subresource = "", namespace = "", name = "", user } = request ?? {};
  return `the last request was ${verb} ${resource?.plural} ${subresource} ${namespace}/${name} by ${user?.name}`;
}

/** All promises that can go on have done so, and I/O that is ready was taken. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Components write volumes and checkpoints between their requests. */
function filesInUse(): boolean {
  return process.getActiveResourcesInfo().some((resource) => resource.startsWith("FSReq"));
}
