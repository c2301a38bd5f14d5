import { Dnses } from "#api/catalog.ts";
import type { Caches } from "#client/cache/caches.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import type { Component } from "#kit/scope.ts";
import { WorkQueue } from "#kit/work-queue.ts";
import { renewHostNames } from "./host-names.ts";
import type { ClusterIdentity } from "./identity.ts";

export interface DnsNamesOptions {
  readonly caches: Caches;
  readonly identity: ClusterIdentity;
  readonly hostsFile: string;
  /** The names have changed. */
  readonly changed: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface DnsNames extends Component {
  has(host: string): boolean;
}

const whole = "hosts";

/** The host names of Dns objects, for the node's name server and, where that was asked for, for the node itself. */
export function dnsNames({ caches, identity, hostsFile, changed, clock, log }: DnsNamesOptions): DnsNames {
  let hosts: ReadonlySet<string> = new Set();
  return {
    name: "names of Dns objects",
    has: (host) => hosts.has(host),
    async start(scope) {
      const queue = new WorkQueue(clock, { initialMs: 1_000, maxMs: 60_000 });
      scope.signal.addEventListener("abort", () => queue.close(), { once: true });
      const renew = () => {
        hosts = new Set(caches.all(Dnses).map(({ spec }) => spec.host.toLowerCase()));
        changed();
        queue.add(whole);
      };
      scope.defer(caches.subscribe(Dnses, renew));
      scope.spawn("hosts file", async (signal) => {
        await caches.synced([Dnses], signal); // before that, names would be taken away that are still there
        queue.add(whole);
        for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
          try {
            await renewHostNames(hostsFile, identity, [...hosts]);
            queue.forget(key);
          } catch (error) {
            log.warn({ file: hostsFile, error: String(error) }, "the hosts file could not be brought up to date");
            queue.retry(key);
          }
          queue.done(key);
        }
      });
    },
  };
}
