import { LabelSelector } from "#api/meta/label-selector.ts";
import { enumOf, type Infer, int, list, long, ref, string, struct, time } from "#schema/nodes.ts";
import { NodeSelector, NodeSelectorTerm } from "./node-selector.ts";
import { checkAffinityTerm, checkSpread, checkTaint, checkToleration, checkWeight } from "./scheduling.rules.ts";

export const PreferredSchedulingTerm = struct(
  "io.k8s.api.core.v1.PreferredSchedulingTerm",
  {
    weight: int({ tag: 1, required: true, keepEmpty: true }),
    preference: ref(NodeSelectorTerm, { tag: 2, required: true, keepEmpty: true }),
  },
  { check: (v, path) => checkWeight(v, path) },
);

export interface PreferredSchedulingTerm extends Infer<typeof PreferredSchedulingTerm> {}

export const NodeAffinity = struct("io.k8s.api.core.v1.NodeAffinity", {
  requiredDuringSchedulingIgnoredDuringExecution: ref(NodeSelector, { tag: 1 }),
  preferredDuringSchedulingIgnoredDuringExecution: list(PreferredSchedulingTerm, { tag: 2 }),
});

export interface NodeAffinity extends Infer<typeof NodeAffinity> {}

export const PodAffinityTerm = struct(
  "io.k8s.api.core.v1.PodAffinityTerm",
  {
    labelSelector: ref(LabelSelector, { tag: 1 }),
    namespaces: list(string(), { tag: 2 }),
    topologyKey: string({ tag: 3, required: true, keepEmpty: true }),
    namespaceSelector: ref(LabelSelector, { tag: 4 }),
    matchLabelKeys: list(string(), { tag: 5 }),
    mismatchLabelKeys: list(string(), { tag: 6 }),
  },
  { check: (v, path) => checkAffinityTerm(v, path) },
);

export interface PodAffinityTerm extends Infer<typeof PodAffinityTerm> {}

export const WeightedPodAffinityTerm = struct(
  "io.k8s.api.core.v1.WeightedPodAffinityTerm",
  {
    weight: int({ tag: 1, required: true, keepEmpty: true }),
    podAffinityTerm: ref(PodAffinityTerm, { tag: 2, required: true, keepEmpty: true }),
  },
  { check: (v, path) => checkWeight(v, path) },
);

export interface WeightedPodAffinityTerm extends Infer<typeof WeightedPodAffinityTerm> {}

export const PodAffinity = struct("io.k8s.api.core.v1.PodAffinity", {
  requiredDuringSchedulingIgnoredDuringExecution: list(PodAffinityTerm, { tag: 1 }),
  preferredDuringSchedulingIgnoredDuringExecution: list(WeightedPodAffinityTerm, { tag: 2 }),
});

export interface PodAffinity extends Infer<typeof PodAffinity> {}

export const PodAntiAffinity = struct("io.k8s.api.core.v1.PodAntiAffinity", {
  requiredDuringSchedulingIgnoredDuringExecution: list(PodAffinityTerm, { tag: 1 }),
  preferredDuringSchedulingIgnoredDuringExecution: list(WeightedPodAffinityTerm, { tag: 2 }),
});

export interface PodAntiAffinity extends Infer<typeof PodAntiAffinity> {}

export const Affinity = struct("io.k8s.api.core.v1.Affinity", {
  nodeAffinity: ref(NodeAffinity, { tag: 1 }),
  podAffinity: ref(PodAffinity, { tag: 2 }),
  podAntiAffinity: ref(PodAntiAffinity, { tag: 3 }),
});

export interface Affinity extends Infer<typeof Affinity> {}

export const Toleration = struct(
  "io.k8s.api.core.v1.Toleration",
  {
    key: string({ tag: 1 }),
    operator: enumOf(["Exists", "Equal", "Lt", "Gt"], { tag: 2 }),
    value: string({ tag: 3 }),
    effect: enumOf(["NoSchedule", "PreferNoSchedule", "NoExecute"], { tag: 4 }),
    tolerationSeconds: long({ tag: 5 }),
  },
  { check: (v, path) => checkToleration(v, path) },
);

export interface Toleration extends Infer<typeof Toleration> {}

export const Taint = struct(
  "io.k8s.api.core.v1.Taint",
  {
    key: string({ tag: 1, required: true }),
    value: string({ tag: 2 }),
    effect: enumOf(["NoSchedule", "PreferNoSchedule", "NoExecute"], { tag: 3, required: true }),
    timeAdded: time({ tag: 4 }),
  },
  { check: (v, path) => checkTaint(v, path) },
);

export interface Taint extends Infer<typeof Taint> {}

export const TopologySpreadConstraint = struct(
  "io.k8s.api.core.v1.TopologySpreadConstraint",
  {
    maxSkew: int({ tag: 1, required: true, keepEmpty: true }),
    topologyKey: string({ tag: 2, required: true, keepEmpty: true }),
    whenUnsatisfiable: enumOf(["DoNotSchedule", "ScheduleAnyway"], { tag: 3, required: true }),
    labelSelector: ref(LabelSelector, { tag: 4 }),
    minDomains: int({ tag: 5 }),
    nodeAffinityPolicy: enumOf(["Ignore", "Honor"], { tag: 6 }),
    nodeTaintsPolicy: enumOf(["Ignore", "Honor"], { tag: 7 }),
    matchLabelKeys: list(string(), { tag: 8 }),
  },
  { check: (v, path) => checkSpread(v, path) },
);

export interface TopologySpreadConstraint extends Infer<typeof TopologySpreadConstraint> {}
