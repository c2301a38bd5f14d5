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
  requiredDuringSchedulingIgnoredDuringExecution: ref(NodeSelector, {
    tag: 1,
    description: "What a node must fulfil; one of the terms suffices.",
  }),
  preferredDuringSchedulingIgnoredDuringExecution: list(PreferredSchedulingTerm, {
    tag: 2,
    description: "What makes a node better than another.",
  }),
});

export interface NodeAffinity extends Infer<typeof NodeAffinity> {}

export const PodAffinityTerm = struct(
  "io.k8s.api.core.v1.PodAffinityTerm",
  {
    labelSelector: ref(LabelSelector, { tag: 1, description: "The pods that count." }),
    namespaces: list(string(), { tag: 2, description: "Namespaces of those pods; the pod's own by default." }),
    topologyKey: string({
      tag: 3,
      description: "Label of nodes: nodes of equal value are one place.",
      required: true,
      keepEmpty: true,
    }),
    namespaceSelector: ref(LabelSelector, { tag: 4, description: "Namespaces of those pods by their labels." }),
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

export const Affinity = struct(
  "io.k8s.api.core.v1.Affinity",
  {
    nodeAffinity: ref(NodeAffinity, { tag: 1, description: "Labels that nodes must or should have." }),
    podAffinity: ref(PodAffinity, { tag: 2, description: "Pods to be near to." }),
    podAntiAffinity: ref(PodAntiAffinity, { tag: 3, description: "Pods to be away from." }),
  },
  { description: "Where a pod wants to run." },
);

export interface Affinity extends Infer<typeof Affinity> {}

export const Toleration = struct(
  "io.k8s.api.core.v1.Toleration",
  {
    key: string({ tag: 1, description: "Key of the taint; all taints when empty." }),
    operator: enumOf(["Exists", "Equal", "Lt", "Gt"], {
      tag: 2,
      description: "Exists, or Equal (the default) for the same value.",
    }),
    value: string({ tag: 3, description: "Value of the taint." }),
    effect: enumOf(["NoSchedule", "PreferNoSchedule", "NoExecute"], {
      tag: 4,
      description: "Effect of the taint; all effects when empty.",
    }),
    tolerationSeconds: long({
      tag: 5,
      description: "How long a pod stays on a node after a taint NoExecute; for ever by default.",
    }),
  },
  { description: "A taint that the pod puts up with.", check: (v, path) => checkToleration(v, path) },
);

export interface Toleration extends Infer<typeof Toleration> {}

export const Taint = struct(
  "io.k8s.api.core.v1.Taint",
  {
    key: string({ tag: 1, description: "Name of the taint.", required: true }),
    value: string({ tag: 2, description: "Its value." }),
    effect: enumOf(["NoSchedule", "PreferNoSchedule", "NoExecute"], {
      tag: 3,
      description: "NoSchedule keeps new pods away, PreferNoSchedule if possible, NoExecute also those that run.",
      required: true,
    }),
    timeAdded: time({ tag: 4, description: "When it was added." }),
  },
  { description: "Keeps pods away that do not tolerate it.", check: (v, path) => checkTaint(v, path) },
);

export interface Taint extends Infer<typeof Taint> {}

export const TopologySpreadConstraint = struct(
  "io.k8s.api.core.v1.TopologySpreadConstraint",
  {
    maxSkew: int({ tag: 1, description: "By how many pods places may differ.", required: true, keepEmpty: true }),
    topologyKey: string({
      tag: 2,
      description: "Label of nodes: nodes of equal value are one place.",
      required: true,
      keepEmpty: true,
    }),
    whenUnsatisfiable: enumOf(["DoNotSchedule", "ScheduleAnyway"], {
      tag: 3,
      description: "DoNotSchedule or ScheduleAnyway.",
      required: true,
    }),
    labelSelector: ref(LabelSelector, { tag: 4, description: "The pods that are counted." }),
    minDomains: int({ tag: 5 }),
    nodeAffinityPolicy: enumOf(["Ignore", "Honor"], { tag: 6 }),
    nodeTaintsPolicy: enumOf(["Ignore", "Honor"], { tag: 7 }),
    matchLabelKeys: list(string(), { tag: 8 }),
  },
  { check: (v, path) => checkSpread(v, path) },
);

export interface TopologySpreadConstraint extends Infer<typeof TopologySpreadConstraint> {}
