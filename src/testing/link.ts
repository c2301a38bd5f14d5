import type { Watch, WatchEvent } from "#api/meta/watch.ts";
import type { ApiRequest, ApiResponse, Transport } from "#client/transport.ts";

/** A way to the API that a test can cut, as a network does: nothing gets through, and open watches break off. */
export class Link implements Transport {
  readonly #inner: Transport;
  #broken = new AbortController();

  constructor(inner: Transport) {
    this.#inner = inner;
  }

  cut(): void {
    this.#broken.abort(new Error("the connection is cut"));
  }

  get down(): boolean {
    return this.#broken.signal.aborted;
  }

  mend(): void {
    if (this.#broken.signal.aborted) this.#broken = new AbortController();
  }

  async dispatch(request: ApiRequest): Promise<ApiResponse> {
    const broken = this.#broken.signal;
    broken.throwIfAborted();
    if (request.verb !== "watch") {
      const response = await this.#inner.dispatch(request);
      broken.throwIfAborted(); // done, but the answer is lost
      return response;
    }
    const signal = request.signal ? AbortSignal.any([request.signal, broken]) : broken;
    const response = await this.#inner.dispatch({ ...request, signal });
    return response.kind === "watch" ? { ...response, watch: untilBroken(response.watch, broken) } : response;
  }
}

async function* untilBroken(watch: Watch, broken: AbortSignal): AsyncGenerator<readonly WatchEvent[]> {
  for await (const batch of watch) {
    broken.throwIfAborted();
    yield batch;
  }
  broken.throwIfAborted();
}
