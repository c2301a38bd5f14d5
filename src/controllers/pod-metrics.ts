import { parseTime } from "#api/meta/time.ts";
import { type PodMetrics, PodMetricsResource } from "#api/metrics/v1beta1/pod-metrics.ts";
import type { Reader } from "#client/client.ts";
import { parseDuration } from "#schema/duration.ts";
import { quantityMilliValue } from "#schema/quantity.ts";
import type { PodUsage } from "./hpa-replicas.plan.ts";

/** Where an autoscaler learns what pods use. */
export interface PodMetricsSource {
  /** By the name of the pod; throws Error when nothing is known at all. */
  of(namespace: string, selector: string): Promise<ReadonlyMap<string, PodUsage>>;
}

/** The figures of the group metrics.k8s.io. */
export const podMetrics = (client: Pick<Reader, "list">): PodMetricsSource => ({
  async of(namespace, selector) {
    const problem = (why: string) => new Error(`unable to get metrics from resource metrics API: ${why}`);
    const answer = await client.list(PodMetricsResource, { namespace, labelSelector: selector }).catch((error) => {
      throw problem(error instanceof Error ? error.message : String(error));
    });
    if (answer.items.length === 0) throw new Error("no metrics returned from resource metrics API");
    return new Map(answer.items.map((metrics) => [metrics.metadata.name, usageOf(metrics)]));
  },
});

function usageOf({ timestamp, window, containers }: PodMetrics): PodUsage {
  return {
    at: parseTime(timestamp),
    windowMs: Number(parseDuration(window)) / 1e6,
    containers: new Map(
      containers.map(({ name, usage }) => [
        name,
        Object.fromEntries(Object.entries(usage).map(([resource, amount]) => [resource, quantityMilliValue(amount)])),
      ]),
    ),
  };
}
