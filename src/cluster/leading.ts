import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Client } from "#client/client.ts";
import type { Transport } from "#client/transport.ts";
import { fenced, leaderElected } from "#controller/leader.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import type { Component } from "#kit/scope.ts";

export interface LeadingOptions {
  /** Whether other servers work on the same storage. */
  readonly shared: boolean;
  readonly api: Transport;
  /** May write the lease. */
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The lease's name, and what its holder runs over the transport it is given. */
export type Work = readonly [lease: string, components: (api: Transport) => readonly Component[]];

/** What only one server may do: done at once by a server that is alone, else by the one that leads. */
export function leading(works: readonly Work[], { shared, api, client, clock, log }: LeadingOptions): Component[] {
  if (!shared) return works.flatMap(([, components]) => components(api));
  const identity = `${hostname()}_${randomUUID()}`;
  return works.map(([name, components]) =>
    leaderElected({
      ...{ name, namespace: "kube-system", identity, client, clock, log },
      components: (term) => components(fenced(api, term)),
    }),
  );
}
