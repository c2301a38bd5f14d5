import { type Lease, Leases } from "#api/coordination/v1/lease.ts";
import type { Node } from "#api/core/v1/node.ts";
import { isAlreadyExists, isConflict, isNotFound } from "#api/meta/api-error.ts";
import { microTimestamp } from "#api/meta/time.ts";
import type { Client } from "#client/client.ts";

export const leaseNamespace = "kube-node-lease";
const leaseSeconds = 40;

type LeaseClient = Pick<Client, "get" | "create" | "update">;

/** The sign of life that the control plane looks for. Cheap: one small write, based on what the last one brought back. */
export class NodeLease {
  readonly #client: LeaseClient;
  readonly #nodeName: string;
  #last: Lease | undefined;

  constructor(client: LeaseClient, nodeName: string) {
    this.#client = client;
    this.#nodeName = nodeName;
  }

  async renew(now: number, node: Node | undefined): Promise<void> {
    const renewTime = microTimestamp(now);
    try {
      this.#last ??= await this.#client.get(Leases, { namespace: leaseNamespace, name: this.#nodeName });
      const spec = { ...this.#last.spec, ...this.#spec(), renewTime };
      this.#last = await this.#client.update(Leases, { ...this.#last, spec });
    } catch (error) {
      this.#last = undefined;
      if (isConflict(error)) return this.renew(now, node);
      if (!isNotFound(error)) throw error;
      await this.#create(renewTime, node);
    }
  }

  async #create(renewTime: string, node: Node | undefined): Promise<void> {
    const owner = node && { apiVersion: "v1", kind: "Node", name: node.metadata.name, uid: node.metadata.uid };
    try {
      this.#last = await this.#client.create(Leases, {
        metadata: {
          name: this.#nodeName,
          namespace: leaseNamespace,
          ...(owner && { ownerReferences: [owner] }),
        },
        spec: { ...this.#spec(), renewTime },
      });
    } catch (error) {
      // Someone was quicker: the next renewal takes that one.
      if (!isAlreadyExists(error)) throw error;
    }
  }

  #spec() {
    return { holderIdentity: this.#nodeName, leaseDurationSeconds: leaseSeconds };
  }
}
