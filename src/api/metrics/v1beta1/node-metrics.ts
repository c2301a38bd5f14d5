import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { duration, type Infer, map, quantity, time } from "#schema/nodes.ts";
import { usageColumns } from "./usage.columns.ts";

export const NodeMetrics = kubeObject(
  "io.k8s.metrics.pkg.apis.metrics.v1beta1.NodeMetrics",
  {
    timestamp: time({ tag: 2, required: true, description: "The end of the time that was measured." }),
    window: duration({ tag: 3, required: true, description: "How long was measured." }),
    usage: map(quantity(), { tag: 4, required: true, description: "CPU and memory in use." }),
  },
  { description: "What a node uses." },
);

export interface NodeMetrics extends Infer<typeof NodeMetrics>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const NodeMetricsResource = defineResource<NodeMetrics>({
  group: "metrics.k8s.io",
  version: "v1beta1",
  kind: "NodeMetrics",
  plural: "nodes",
  singular: "",
  scope: "Cluster",
  schema: NodeMetrics,
  columns: usageColumns(({ usage }) => [usage]),
});
