import { parseTime } from "#api/meta/time.ts";
import { NodeMetricsResource } from "#api/metrics/v1beta1/node-metrics.ts";
import type { Client } from "#client/client.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import type { Component } from "#kit/scope.ts";
import { sleep } from "#kit/sleep.ts";
import { quantityMilliValue, quantityValue } from "#schema/quantity.ts";
import type { NodeUsage } from "./plugins/plugin.ts";

export interface UsageReader extends Component {
  /** What was measured on the node last; `undefined` when that is too long ago. */
  usage(nodeName: string): NodeUsage | undefined;
}

const everyMs = 5_000;
const staleMs = 60_000;

/** Keeps what metrics.k8s.io says of nodes at hand, for decisions that cannot wait for an answer. */
export function usageReader({
  client,
  clock,
  log,
}: {
  readonly client: Pick<Client, "list">;
  readonly clock: Clock;
  readonly log: Logger;
}): UsageReader {
  let known: ReadonlyMap<string, NodeUsage> = new Map();
  const read = async () => {
    try {
      const { items } = await client.list(NodeMetricsResource);
      known = new Map(
        items.map(({ metadata, timestamp, usage }): [string, NodeUsage] => [
          metadata.name,
          {
            at: parseTime(timestamp),
            cpuMillis: quantityMilliValue(usage?.cpu ?? "0"),
            memoryBytes: quantityValue(usage?.memory ?? "0"),
          },
        ]),
      );
    } catch (error) {
      log.debug({ err: error }, "the usage of nodes cannot be read"); // what is known goes stale by itself
    }
  };
  return {
    name: "usage of nodes for the scheduler",
    usage(nodeName) {
      const usage = known.get(nodeName);
      return usage && clock.now() - usage.at <= staleMs ? usage : undefined;
    },
    async start(scope) {
      await read();
      scope.spawn("usage of nodes", async (signal) => {
        for (;;) {
          try {
            await sleep(everyMs, clock, signal);
          } catch {
            return; // stopping
          }
          await read();
        }
      });
    },
  };
}
