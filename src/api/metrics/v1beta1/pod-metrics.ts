import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { duration, type Infer, list, map, quantity, string, struct, time } from "#schema/nodes.ts";
import { usageColumns } from "./usage.columns.ts";

export const ContainerMetrics = struct("io.k8s.metrics.pkg.apis.metrics.v1beta1.ContainerMetrics", {
  name: string({ tag: 1, required: true }),
  usage: map(quantity(), { tag: 2, required: true, description: "CPU and memory in use." }),
});

export interface ContainerMetrics extends Infer<typeof ContainerMetrics> {}

export const PodMetrics = kubeObject(
  "io.k8s.metrics.pkg.apis.metrics.v1beta1.PodMetrics",
  {
    timestamp: time({ tag: 2, required: true, description: "The end of the time that was measured." }),
    window: duration({ tag: 3, required: true, description: "How long was measured." }),
    containers: list(ContainerMetrics, { tag: 4, required: true, description: "What each container uses." }),
  },
  { description: "What the containers of a pod use." },
);

export interface PodMetrics extends Infer<typeof PodMetrics>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const PodMetricsResource = defineResource<PodMetrics>({
  group: "metrics.k8s.io",
  version: "v1beta1",
  kind: "PodMetrics",
  plural: "pods",
  singular: "",
  scope: "Namespaced",
  schema: PodMetrics,
  columns: usageColumns(({ containers }) => containers.map(({ usage }) => usage)),
});
