import { ApiError } from "#api/meta/api-error.ts";

/** How many requests may be worked on at a time; watches and other long ones do not count. */
export interface InFlightLimits {
  readonly reading: number;
  readonly mutating: number;
}

/** The defaults of Kubernetes. */
export const defaultLimits: InFlightLimits = { reading: 400, mutating: 200 };

export class InFlight {
  reading = 0;
  mutating = 0;

  readonly #limits: InFlightLimits;

  constructor(limits: InFlightLimits = defaultLimits) {
    this.#limits = limits;
  }

  /** Takes a place; the returned function gives it back. Throws ApiError `TooManyRequests` when all are taken. */
  enter(kind: keyof InFlightLimits): () => void {
    if (this[kind] >= this.#limits[kind]) {
      throw new ApiError("TooManyRequests", "Too many requests, please try again later.", { retryAfterSeconds: 1 });
    }
    this[kind]++;
    return () => void this[kind]--;
  }
}
