import { Leases } from "#api/catalog.ts";
import type { Lease, LeaseSpec } from "#api/coordination/v1/lease.ts";
import { isAlreadyExists, isConflict, isNotFound } from "#api/meta/api-error.ts";
import { microTimestamp } from "#api/meta/time.ts";
import type { Client } from "#client/client.ts";
import type { Clock } from "#kit/clock.ts";

/** As client-go's: how long others wait, when the leader gives up, how often everybody tries. Milliseconds. */
export const leaderTimes = { lease: 15_000, renew: 10_000, retry: 2_000 } as const;

export interface LeaderLeaseOptions {
  readonly name: string;
  readonly namespace: string;
  /** Of this process, unlike any other's. */
  readonly identity: string;
  readonly client: Client;
  readonly clock: Clock;
}

/** The claim itself. Nobody trusts another's clock: a claim is old when *we* have not seen it change for its duration. */
export class LeaderLease {
  readonly #options: LeaderLeaseOptions;
  #seen: { readonly mark: string; readonly at: number } | undefined;

  constructor(options: LeaderLeaseOptions) {
    this.#options = options;
  }

  /** Takes or renews it. False when somebody else has it, or was faster; throws when the API does not answer. */
  async claim(): Promise<boolean> {
    const { client, clock, identity } = this.#options;
    const lease = await this.#read();
    const now = microTimestamp(clock.now());
    if (!lease) return this.#create(this.#spec({ acquireTime: now, renewTime: now, leaseTransitions: 0 }));
    const isOurs = lease.spec.holderIdentity === identity;
    if (!isOurs && this.#isHeld(lease)) return false;
    const { acquireTime, leaseTransitions = 0 } = lease.spec;
    const term = isOurs
      ? { acquireTime, leaseTransitions }
      : { acquireTime: now, leaseTransitions: leaseTransitions + 1 };
    return won(client.update(Leases, { ...lease, spec: this.#spec({ ...term, renewTime: now }) }));
  }

  /** Others need not wait. */
  async release(): Promise<void> {
    const { client, clock, identity } = this.#options;
    const lease = await this.#read();
    if (lease?.spec.holderIdentity !== identity) return;
    const now = microTimestamp(clock.now());
    const { leaseTransitions } = lease.spec;
    const spec = { leaseDurationSeconds: 1, acquireTime: now, renewTime: now, leaseTransitions };
    await won(client.update(Leases, { ...lease, spec }));
  }

  #isHeld({ metadata, spec }: Lease): boolean {
    const { clock } = this.#options;
    const mark = metadata.resourceVersion;
    if (this.#seen?.mark !== mark) this.#seen = { mark, at: clock.now() };
    const duration = (spec.leaseDurationSeconds ?? 0) * 1000;
    return Boolean(spec.holderIdentity) && clock.now() < this.#seen.at + duration;
  }

  async #read(): Promise<Lease | undefined> {
    const { client, namespace, name } = this.#options;
    try {
      return await client.get(Leases, { namespace, name });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  #create(spec: LeaseSpec): Promise<boolean> {
    const { client, namespace, name } = this.#options;
    return won(client.create(Leases, { metadata: { namespace, name }, spec }));
  }

  #spec(times: LeaseSpec): LeaseSpec {
    return { holderIdentity: this.#options.identity, leaseDurationSeconds: leaderTimes.lease / 1000, ...times };
  }
}

async function won(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (isConflict(error) || isAlreadyExists(error) || isNotFound(error)) return false;
    throw error;
  }
}
