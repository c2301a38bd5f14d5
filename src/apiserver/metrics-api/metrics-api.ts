import { Nodes, Pods } from "#api/catalog.ts";
import type { Node } from "#api/core/v1/node.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import type { Resource } from "#api/resource.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import type { Scope } from "#kit/scope.ts";
import type { Feed } from "../watch/feed.ts";
import { metricsKinds, type VirtualKind } from "./metrics-registry.ts";
import { type Scrape, startMetricsScraper } from "./metrics-scraper.ts";
import { UsageHistory } from "./usage-history.ts";

export interface MetricsApi {
  readonly kinds: readonly VirtualKind[];
  start(scope: Scope): void;
}

/** The group metrics.k8s.io, kept in memory: what `kubectl top` shows and autoscaling reads. */
export function metricsApi(
  scrape: Scrape,
  { feed, clock, log }: { readonly feed: (resource: Resource) => Feed; readonly clock: Clock; readonly log: Logger },
): MetricsApi {
  const history = new UsageHistory();
  function* all<T>(resource: Resource) {
    for (const [, object] of feed(resource).objects()) yield object as T;
  }
  const nodes = () => all<Node>(Nodes);
  return {
    kinds: metricsKinds({ history, nodes, pods: () => all<Pod>(Pods) }),
    start: (scope) => startMetricsScraper({ scrape, history, nodes: () => [...nodes()], clock, log }, scope),
  };
}
