import { autoscalerColumns } from "#api/autoscaling/v2/horizontal-pod-autoscaler.columns.ts";
import {
  HorizontalPodAutoscalers,
  type HorizontalPodAutoscaler as Hub,
} from "#api/autoscaling/v2/horizontal-pod-autoscaler.ts";
import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { type Infer, int, long, ref, string, struct, time } from "#schema/nodes.ts";
import { fromHub, toHub } from "./conversion.ts";

export const CrossVersionObjectReference = struct(
  "io.k8s.api.autoscaling.v1.CrossVersionObjectReference",
  {
    kind: string({ tag: 1, required: true, keepEmpty: true }),
    name: string({ tag: 2, required: true, keepEmpty: true }),
    apiVersion: string({ tag: 3 }),
  },
  { atomic: true },
);

export interface CrossVersionObjectReference extends Infer<typeof CrossVersionObjectReference> {}

export const HorizontalPodAutoscalerSpec = struct("io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerSpec", {
  scaleTargetRef: ref(CrossVersionObjectReference, {
    tag: 1,
    required: true,
    keepEmpty: true,
    description: "The object whose pods are counted and scaled.",
  }),
  minReplicas: int({ tag: 2, description: "The least pods; 1 by default." }),
  maxReplicas: int({ tag: 3, required: true, keepEmpty: true, description: "The most pods." }),
  targetCPUUtilizationPercentage: int({
    tag: 4,
    description: "The mean use of CPU to aim at, in percent of what the pods request.",
  }),
});

export interface HorizontalPodAutoscalerSpec extends Infer<typeof HorizontalPodAutoscalerSpec> {}

export const HorizontalPodAutoscalerStatus = struct("io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerStatus", {
  observedGeneration: long({ tag: 1, description: "The generation that this status is about." }),
  lastScaleTime: time({ tag: 2, description: "When the number was last changed." }),
  currentReplicas: int({ tag: 3, required: true, omitZero: true, description: "Pods that were last seen." }),
  desiredReplicas: int({ tag: 4, required: true, keepEmpty: true, description: "Pods that there should be." }),
  currentCPUUtilizationPercentage: int({
    tag: 5,
    description: "The mean use of CPU, in percent of what the pods request.",
  }),
});

export interface HorizontalPodAutoscalerStatus extends Infer<typeof HorizontalPodAutoscalerStatus> {}

export const HorizontalPodAutoscaler = kubeObject(
  "io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler",
  {
    spec: ref(HorizontalPodAutoscalerSpec, { tag: 2, default: {}, description: "What is scaled and by what." }),
    status: ref(HorizontalPodAutoscalerStatus, { tag: 3, description: "What was last seen." }),
  },
  { description: "Changes the number of pods of an object by what the pods use." },
);

export interface HorizontalPodAutoscaler extends Infer<typeof HorizontalPodAutoscaler>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const HorizontalPodAutoscalersV1 = defineResource<HorizontalPodAutoscaler>({
  group: "autoscaling",
  version: "v1",
  kind: "HorizontalPodAutoscaler",
  plural: "horizontalpodautoscalers",
  scope: "Namespaced",
  schema: HorizontalPodAutoscaler,
  shortNames: ["hpa"],
  categories: ["all"],
  subresources: ["status"],
  columns: autoscalerColumns.map((column) => ({ ...column, value: (object, now) => column.value(toHub(object), now) })),
  storedAs: { resource: HorizontalPodAutoscalers, toHub, fromHub: (stored) => fromHub(stored as Hub) },
});
