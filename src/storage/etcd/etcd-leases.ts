import { randomInt } from "node:crypto";
import type { EtcdClient } from "./etcd-client.ts";

interface Lease {
  readonly id: Promise<number>;
  /** Entries written until then live at least as long as they should. Milliseconds of `performance.now()`. */
  readonly until: number;
  entries: number;
}

/** A lease is kept for new entries for so long, or a twentieth of the time that they live. */
const longestShareSeconds = 60;
/** An expiry removes all entries of a lease in one transaction. */
const mostEntries = 500;

/** Entries that live equally long share leases, as a lease for each would cost more than the entries. */
export class EtcdLeases {
  readonly #client: EtcdClient;
  readonly #current = new Map<number, Lease>();

  constructor(client: EtcdClient) {
    this.#client = client;
  }

  /** The id of a lease for an entry written now. */
  leaseFor(ttlSeconds: number): Promise<number> {
    let lease = this.#current.get(ttlSeconds);
    if (!lease || lease.entries >= mostEntries || performance.now() >= lease.until) {
      lease = this.#grant(ttlSeconds);
      this.#current.set(ttlSeconds, lease);
    }
    lease.entries++;
    return lease.id;
  }

  /** The lease ended before its time, as with a cluster that was restored. */
  drop(ttlSeconds: number): void {
    this.#current.delete(ttlSeconds);
  }

  #grant(ttlSeconds: number): Lease {
    const shareSeconds = Math.min(longestShareSeconds, ttlSeconds / 20);
    const until = performance.now() + shareSeconds * 1000;
    // ids that etcd picks itself have 63 bits, more than a number holds
    const request = { TTL: Math.ceil(ttlSeconds + shareSeconds), ID: randomInt(1, 2 ** 48 - 1) };
    const id = this.#client.call("LeaseGrant", request).then(({ response }) => response.ID);
    const lease: Lease = { id, until, entries: 0 };
    id.catch(() => this.#current.get(ttlSeconds) === lease && this.drop(ttlSeconds));
    return lease;
  }
}
