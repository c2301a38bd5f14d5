import { LabelSelector } from "#api/meta/label-selector.ts";
import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { type Infer, int, list, long, quantity, ref, string, struct, time } from "#schema/nodes.ts";
import { autoscalerColumns } from "./horizontal-pod-autoscaler.columns.ts";
import { deriveAutoscaler, deriveAutoscalerSpec } from "./horizontal-pod-autoscaler.defaults.ts";
import { autoscalerRules, checkAutoscalerSpec } from "./horizontal-pod-autoscaler.rules.ts";

export const CrossVersionObjectReference = struct("io.k8s.api.autoscaling.v2.CrossVersionObjectReference", {
  kind: string({ tag: 1, required: true, keepEmpty: true }),
  name: string({ tag: 2, required: true, keepEmpty: true }),
  apiVersion: string({ tag: 3 }),
});

export interface CrossVersionObjectReference extends Infer<typeof CrossVersionObjectReference> {}

export const MetricTarget = struct("io.k8s.api.autoscaling.v2.MetricTarget", {
  type: string({ tag: 1, required: true, description: "Utilization, Value or AverageValue." }),
  value: quantity({ tag: 2, description: "The value to aim at." }),
  averageValue: quantity({ tag: 3, description: "The mean over all pods to aim at." }),
  averageUtilization: int({ tag: 4, description: "The mean use to aim at, in percent of what the pods request." }),
});

export interface MetricTarget extends Infer<typeof MetricTarget> {}

export const MetricIdentifier = struct("io.k8s.api.autoscaling.v2.MetricIdentifier", {
  name: string({ tag: 1, required: true }),
  selector: ref(LabelSelector, { tag: 2 }),
});

export interface MetricIdentifier extends Infer<typeof MetricIdentifier> {}

export const ObjectMetricSource = struct("io.k8s.api.autoscaling.v2.ObjectMetricSource", {
  describedObject: ref(CrossVersionObjectReference, { tag: 1, required: true }),
  target: ref(MetricTarget, { tag: 2, required: true }),
  metric: ref(MetricIdentifier, { tag: 3, required: true }),
});

export interface ObjectMetricSource extends Infer<typeof ObjectMetricSource> {}

export const PodsMetricSource = struct("io.k8s.api.autoscaling.v2.PodsMetricSource", {
  metric: ref(MetricIdentifier, { tag: 1, required: true }),
  target: ref(MetricTarget, { tag: 2, required: true }),
});

export interface PodsMetricSource extends Infer<typeof PodsMetricSource> {}

export const ResourceMetricSource = struct("io.k8s.api.autoscaling.v2.ResourceMetricSource", {
  name: string({ tag: 1, required: true }),
  target: ref(MetricTarget, { tag: 2, required: true }),
});

export interface ResourceMetricSource extends Infer<typeof ResourceMetricSource> {}

export const ContainerResourceMetricSource = struct("io.k8s.api.autoscaling.v2.ContainerResourceMetricSource", {
  name: string({ tag: 1, required: true }),
  target: ref(MetricTarget, { tag: 2, required: true }),
  container: string({ tag: 3, required: true }),
});

export interface ContainerResourceMetricSource extends Infer<typeof ContainerResourceMetricSource> {}

export const ExternalMetricSource = struct("io.k8s.api.autoscaling.v2.ExternalMetricSource", {
  metric: ref(MetricIdentifier, { tag: 1, required: true }),
  target: ref(MetricTarget, { tag: 2, required: true }),
});

export interface ExternalMetricSource extends Infer<typeof ExternalMetricSource> {}

export const MetricSpec = struct("io.k8s.api.autoscaling.v2.MetricSpec", {
  type: string({ tag: 1, required: true, description: "Which of the other fields is given." }),
  object: ref(ObjectMetricSource, { tag: 2, description: "A measure of another object." }),
  pods: ref(PodsMetricSource, { tag: 3, description: "A measure of the pods themselves." }),
  resource: ref(ResourceMetricSource, { tag: 4, description: "CPU or memory of the pods." }),
  containerResource: ref(ContainerResourceMetricSource, {
    tag: 7,
    description: "CPU or memory of one container of each pod.",
  }),
  external: ref(ExternalMetricSource, { tag: 5, description: "A measure from outside of the cluster." }),
});

export interface MetricSpec extends Infer<typeof MetricSpec> {}

export const HPAScalingPolicy = struct("io.k8s.api.autoscaling.v2.HPAScalingPolicy", {
  type: string({ tag: 1, required: true, keepEmpty: true, description: "Pods or Percent." }),
  value: int({ tag: 2, required: true, keepEmpty: true, description: "How much may change." }),
  periodSeconds: int({ tag: 3, required: true, keepEmpty: true, description: "Within how many seconds." }),
});

export interface HPAScalingPolicy extends Infer<typeof HPAScalingPolicy> {}

export const HPAScalingRules = struct("io.k8s.api.autoscaling.v2.HPAScalingRules", {
  stabilizationWindowSeconds: int({
    tag: 3,
    description: "Seconds over which past wishes are looked at, so that the number does not go to and fro.",
  }),
  selectPolicy: string({
    tag: 1,
    description: "Which of the policies counts: Max, Min, or Disabled for no change at all.",
  }),
  policies: list(HPAScalingPolicy, { tag: 2, description: "How much may change in which time." }),
  tolerance: quantity({ tag: 4, description: "The change that is too small to act upon, as a share." }),
});

export interface HPAScalingRules extends Infer<typeof HPAScalingRules> {}

export const HorizontalPodAutoscalerBehavior = struct("io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerBehavior", {
  scaleUp: ref(HPAScalingRules, { tag: 1, description: "How fast it may grow." }),
  scaleDown: ref(HPAScalingRules, { tag: 2, description: "How fast it may shrink." }),
});

export interface HorizontalPodAutoscalerBehavior extends Infer<typeof HorizontalPodAutoscalerBehavior> {}

export const HorizontalPodAutoscalerSpec = struct(
  "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec",
  {
    scaleTargetRef: ref(CrossVersionObjectReference, {
      tag: 1,
      required: true,
      keepEmpty: true,
      description: "The object whose pods are counted and scaled.",
    }),
    minReplicas: int({ tag: 2, description: "The least pods; 1 by default." }),
    maxReplicas: int({ tag: 3, required: true, keepEmpty: true, description: "The most pods." }),
    metrics: list(MetricSpec, {
      tag: 4,
      description: "What the pods are measured by; the one that asks for most pods wins.",
    }),
    behavior: ref(HorizontalPodAutoscalerBehavior, { tag: 5, description: "How fast the number may change." }),
  },
  { derive: (v) => deriveAutoscalerSpec(v), check: (v, path) => checkAutoscalerSpec(v, path) },
);

export interface HorizontalPodAutoscalerSpec extends Infer<typeof HorizontalPodAutoscalerSpec> {}

export const MetricValueStatus = struct("io.k8s.api.autoscaling.v2.MetricValueStatus", {
  value: quantity({ tag: 1 }),
  averageValue: quantity({ tag: 2 }),
  averageUtilization: int({ tag: 3 }),
});

export interface MetricValueStatus extends Infer<typeof MetricValueStatus> {}

export const ObjectMetricStatus = struct("io.k8s.api.autoscaling.v2.ObjectMetricStatus", {
  metric: ref(MetricIdentifier, { tag: 1, required: true }),
  current: ref(MetricValueStatus, { tag: 2, required: true }),
  describedObject: ref(CrossVersionObjectReference, { tag: 3, required: true }),
});

export interface ObjectMetricStatus extends Infer<typeof ObjectMetricStatus> {}

export const PodsMetricStatus = struct("io.k8s.api.autoscaling.v2.PodsMetricStatus", {
  metric: ref(MetricIdentifier, { tag: 1, required: true }),
  current: ref(MetricValueStatus, { tag: 2, required: true }),
});

export interface PodsMetricStatus extends Infer<typeof PodsMetricStatus> {}

export const ResourceMetricStatus = struct("io.k8s.api.autoscaling.v2.ResourceMetricStatus", {
  name: string({ tag: 1, required: true }),
  current: ref(MetricValueStatus, { tag: 2, required: true }),
});

export interface ResourceMetricStatus extends Infer<typeof ResourceMetricStatus> {}

export const ContainerResourceMetricStatus = struct("io.k8s.api.autoscaling.v2.ContainerResourceMetricStatus", {
  name: string({ tag: 1, required: true }),
  current: ref(MetricValueStatus, { tag: 2, required: true }),
  container: string({ tag: 3, required: true }),
});

export interface ContainerResourceMetricStatus extends Infer<typeof ContainerResourceMetricStatus> {}

export const ExternalMetricStatus = struct("io.k8s.api.autoscaling.v2.ExternalMetricStatus", {
  metric: ref(MetricIdentifier, { tag: 1, required: true }),
  current: ref(MetricValueStatus, { tag: 2, required: true }),
});

export interface ExternalMetricStatus extends Infer<typeof ExternalMetricStatus> {}

export const MetricStatus = struct("io.k8s.api.autoscaling.v2.MetricStatus", {
  type: string({ tag: 1, required: true }),
  object: ref(ObjectMetricStatus, { tag: 2 }),
  pods: ref(PodsMetricStatus, { tag: 3 }),
  resource: ref(ResourceMetricStatus, { tag: 4 }),
  containerResource: ref(ContainerResourceMetricStatus, { tag: 7 }),
  external: ref(ExternalMetricStatus, { tag: 5 }),
});

export interface MetricStatus extends Infer<typeof MetricStatus> {}

export const HorizontalPodAutoscalerCondition = struct("io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerCondition", {
  type: string({ tag: 1, required: true, keepEmpty: true }),
  status: string({ tag: 2, required: true, keepEmpty: true }),
  lastTransitionTime: time({ tag: 3 }),
  reason: string({ tag: 4 }),
  message: string({ tag: 5 }),
});

export interface HorizontalPodAutoscalerCondition extends Infer<typeof HorizontalPodAutoscalerCondition> {}

export const HorizontalPodAutoscalerStatus = struct("io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerStatus", {
  observedGeneration: long({ tag: 1, description: "The generation that this status is about." }),
  lastScaleTime: time({ tag: 2, description: "When the number was last changed." }),
  currentReplicas: int({ tag: 3, omitZero: true, description: "Pods that were last seen." }),
  desiredReplicas: int({ tag: 4, required: true, keepEmpty: true, description: "Pods that there should be." }),
  currentMetrics: list(MetricStatus, { tag: 5, description: "What was last measured." }),
  conditions: list(HorizontalPodAutoscalerCondition, {
    tag: 6,
    patch: "merge",
    mergeKey: "type",
    listType: "map",
    keys: ["type"],
    description: "What holds for it now: AbleToScale, ScalingActive, ScalingLimited.",
  }),
});

export interface HorizontalPodAutoscalerStatus extends Infer<typeof HorizontalPodAutoscalerStatus> {}

export const HorizontalPodAutoscaler = kubeObject(
  "io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler",
  {
    spec: ref(HorizontalPodAutoscalerSpec, { tag: 2, default: {}, description: "What is scaled and by what." }),
    status: ref(HorizontalPodAutoscalerStatus, { tag: 3, description: "What was last seen." }),
  },
  { description: "Changes the number of pods of an object by what the pods use.", derive: (v) => deriveAutoscaler(v) },
);

export interface HorizontalPodAutoscaler extends Infer<typeof HorizontalPodAutoscaler>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const HorizontalPodAutoscalers = defineResource<HorizontalPodAutoscaler>({
  group: "autoscaling",
  version: "v2",
  kind: "HorizontalPodAutoscaler",
  plural: "horizontalpodautoscalers",
  scope: "Namespaced",
  schema: HorizontalPodAutoscaler,
  shortNames: ["hpa"],
  categories: ["all"],
  subresources: ["status"],
  columns: autoscalerColumns,
  rules: autoscalerRules,
});
