import type { Node } from "#api/core/v1/node.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { ApiError, notFound } from "#api/meta/api-error.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import { timestamp } from "#api/meta/time.ts";
import { type NodeMetrics, NodeMetricsResource } from "#api/metrics/v1beta1/node-metrics.ts";
import { type PodMetrics, PodMetricsResource } from "#api/metrics/v1beta1/pod-metrics.ts";
import { apiVersionOf, type Resource } from "#api/resource.ts";
import type { ApiResponse } from "#client/transport.ts";
import { formatDuration } from "#schema/duration.ts";
import { formatQuantity, quantityOf } from "#schema/quantity.ts";
import { deepFreeze } from "../registry/codec.ts";
import type { Admitted } from "../registry/registry.ts";
import { selectionOf } from "../watch/selection.ts";
import type { Figures, UsageHistory } from "./usage-history.ts";

/** A kind whose objects are worked out when they are asked for. */
export interface VirtualKind {
  readonly resource: Resource;
  handle(request: Admitted): Promise<ApiResponse>;
}

export interface MetricsSources {
  readonly history: UsageHistory;
  readonly nodes: () => Iterable<Node>;
  readonly pods: () => Iterable<Pod>;
}

/** The kinds of metrics.k8s.io: read-only, and only about what has figures. */
export const metricsKinds = ({ history, nodes, pods }: MetricsSources): VirtualKind[] => [
  virtualKind(NodeMetricsResource, () => present(nodes(), (node) => nodeMetrics(node, history))),
  virtualKind(PodMetricsResource, () => present(pods(), (pod) => podMetrics(pod, history))),
];

function* present<T extends KubeObject>(of: Iterable<T>, made: (each: T) => KubeObject | undefined) {
  for (const each of of) {
    const object = made(each);
    if (object) yield object;
  }
}

function virtualKind(resource: Resource, objects: () => Iterable<KubeObject>): VirtualKind {
  return {
    resource,
    async handle(request) {
      const { verb, namespace, name, options = {} } = request;
      if (verb === "get" && name && !request.subresource) {
        const key = resource.scope === "Namespaced" ? `${namespace}/${name}` : name;
        for (const object of objects()) {
          const { metadata } = object;
          if (metadata.name !== name || (metadata.namespace ?? "") !== (namespace ?? "")) continue;
          return { kind: "object", status: 200, object: deepFreeze(object) };
        }
        throw notFound(resource, key);
      }
      if (verb !== "list") {
        throw new ApiError("MethodNotAllowed", "the server does not allow this method on the requested resource");
      }
      const { sees } = selectionOf(resource, { namespace, name, options });
      const items = [...objects()].filter((object) => sees?.(object) ?? true);
      return { kind: "list", list: { items: deepFreeze(items), metadata: { resourceVersion: "" } } };
    },
  };
}

function nodeMetrics({ metadata }: Node, history: UsageHistory): KubeObject | undefined {
  const figures = history.node(metadata.name);
  if (!figures) return undefined;
  const object: NodeMetrics = { ...headOf(NodeMetricsResource, metadata, figures), usage: usageOf(figures) };
  return object;
}

function podMetrics({ metadata, spec }: Pod, history: UsageHistory): KubeObject | undefined {
  const { namespace = "", name } = metadata;
  const containers = spec.nodeName ? history.pod(spec.nodeName, namespace, name) : undefined;
  const [first] = containers?.values() ?? [];
  if (!containers || !first) return undefined;
  // the pod is as old as the oldest of what is said about it
  const oldest = [...containers.values()].reduce((a, b) => (b.at < a.at ? b : a), first);
  const object: PodMetrics = {
    ...headOf(PodMetricsResource, metadata, oldest),
    containers: [...containers].map(([container, figures]) => ({ name: container, usage: usageOf(figures) })),
  };
  return object;
}

function headOf(resource: Resource, { name, namespace, labels }: KubeObject["metadata"], figures: Figures) {
  const creationTimestamp = timestamp(figures.at);
  const metadata = { name, ...(namespace && { namespace }), creationTimestamp, ...(labels && { labels }) };
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    metadata: metadata as KubeObject["metadata"],
    timestamp: creationTimestamp,
    window: formatDuration(BigInt(Math.round(figures.windowMs)) * 1_000_000n),
  };
}

const usageOf = ({ nanoCores, memoryBytes }: Figures) => ({
  cpu: formatQuantity({ nanos: BigInt(nanoCores), format: "decimalSI" }),
  memory: kibibytes(memoryBytes),
});

/** To the Ki, as figures of this kind are always shown. */
const kibibytes = (bytes: number) => formatQuantity(quantityOf(BigInt(Math.ceil(bytes / 1024) * 1024), "binarySI"));
