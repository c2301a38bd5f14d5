import { Nodes } from "#api/catalog.ts";
import type { Client } from "#client/client.ts";
import { ingressPortAnnotation } from "#controllers/forwarding.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import type { Component } from "#kit/scope.ts";
import { sleep } from "#kit/sleep.ts";

export interface AnnouncementOptions {
  readonly client: Pick<Client, "patch">;
  readonly nodeName: string;
  /** The port that clients outside may use on this node; `undefined` when there is none. */
  readonly port: () => number | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

const retryMs = 2_000;

/** Says on the Node whether its proxy can be reached from outside: the status of Ingresses is made from that. */
export function ingressAnnouncement({ client, nodeName, port, clock, log }: AnnouncementOptions): Component {
  return {
    name: "ingress announcement",
    async start(scope) {
      const value = port();
      const body = {
        metadata: { annotations: { [ingressPortAnnotation]: value === undefined ? null : String(value) } },
      };
      scope.spawn("announce", async (signal) => {
        for (;;) {
          try {
            await client.patch(Nodes, { name: nodeName }, { type: "merge", body }, { signal });
            return;
          } catch (error) {
            if (signal.aborted) return;
            log.debug({ error: String(error) }, "the node could not yet say where it takes requests"); // not registered, or no server
          }
          await sleep(retryMs, clock, signal);
        }
      });
    },
  };
}
