import { PodTemplateSpec } from "#api/core/v1/pod.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { enumOf, type Infer, int, intOrString, list, long, ref, string, struct, time } from "#schema/nodes.ts";
import { daemonSetColumns } from "./daemon-set.columns.ts";
import { deriveDaemonSet, deriveDaemonSetSpec } from "./daemon-set.defaults.ts";
import { checkDaemonSetSpec, daemonSetRules } from "./daemon-set.rules.ts";

export const RollingUpdateDaemonSet = struct("io.k8s.api.apps.v1.RollingUpdateDaemonSet", {
  maxUnavailable: intOrString({
    tag: 1,
    description: "How many nodes may be without a ready pod, as a number or a share of all; 1 by default.",
  }),
  maxSurge: intOrString({
    tag: 2,
    description: "How many nodes may have the new pod beside the old one, as a number or a share of all; 0 by default.",
  }),
});

export interface RollingUpdateDaemonSet extends Infer<typeof RollingUpdateDaemonSet> {}

export const DaemonSetUpdateStrategy = struct("io.k8s.api.apps.v1.DaemonSetUpdateStrategy", {
  type: enumOf(["RollingUpdate", "OnDelete"], {
    tag: 1,
    description: "RollingUpdate replaces pods little by little; OnDelete waits until somebody deletes them.",
  }),
  rollingUpdate: ref(RollingUpdateDaemonSet, { tag: 2, description: "How many at a time." }),
});

export interface DaemonSetUpdateStrategy extends Infer<typeof DaemonSetUpdateStrategy> {}

export const DaemonSetSpec = struct(
  "io.k8s.api.apps.v1.DaemonSetSpec",
  {
    selector: ref(LabelSelector, {
      tag: 1,
      required: true,
      description: "Labels of the pods that belong to it. Must match the template; cannot change later.",
    }),
    template: ref(PodTemplateSpec, {
      tag: 2,
      required: true,
      keepEmpty: true,
      description: "What the pods look like. Its nodeSelector and affinity say on which nodes they run.",
    }),
    updateStrategy: ref(DaemonSetUpdateStrategy, { tag: 3, description: "How old pods are replaced by new ones." }),
    minReadySeconds: int({
      tag: 4,
      omitZero: true,
      description: "How long a pod must be ready to count as available.",
    }),
    revisionHistoryLimit: int({ tag: 6, description: "How many old templates are kept for rollbacks; 10 by default." }),
  },
  {
    description: "What a daemon set should run.",
    derive: (v) => deriveDaemonSetSpec(v),
    check: (v, path) => checkDaemonSetSpec(v, path),
  },
);

export interface DaemonSetSpec extends Infer<typeof DaemonSetSpec> {}

export const DaemonSetCondition = struct("io.k8s.api.apps.v1.DaemonSetCondition", {
  type: string({ tag: 1, required: true, keepEmpty: true }),
  status: string({ tag: 2, required: true, keepEmpty: true }),
  lastTransitionTime: time({ tag: 3 }),
  reason: string({ tag: 4 }),
  message: string({ tag: 5 }),
});

export interface DaemonSetCondition extends Infer<typeof DaemonSetCondition> {}

export const DaemonSetStatus = struct("io.k8s.api.apps.v1.DaemonSetStatus", {
  currentNumberScheduled: int({
    tag: 1,
    required: true,
    keepEmpty: true,
    description: "Nodes that should have a pod and have one.",
  }),
  numberMisscheduled: int({
    tag: 2,
    required: true,
    keepEmpty: true,
    description: "Nodes that have a pod and should not.",
  }),
  desiredNumberScheduled: int({
    tag: 3,
    required: true,
    keepEmpty: true,
    description: "Nodes that should have a pod.",
  }),
  numberReady: int({ tag: 4, required: true, keepEmpty: true, description: "Nodes whose pod is ready." }),
  observedGeneration: long({ tag: 5, omitZero: true, description: "The generation that this status is about." }),
  updatedNumberScheduled: int({
    tag: 6,
    omitZero: true,
    description: "Nodes whose pod is made from the template as it is now.",
  }),
  numberAvailable: int({ tag: 7, omitZero: true, description: "Nodes whose pod has been ready long enough." }),
  numberUnavailable: int({ tag: 8, omitZero: true, description: "Nodes that lack an available pod." }),
  collisionCount: int({ tag: 9, description: "Makes names of controller revisions unique." }),
  conditions: list(DaemonSetCondition, {
    tag: 10,
    patch: "merge",
    mergeKey: "type",
    listType: "map",
    keys: ["type"],
    description: "What holds for it now.",
  }),
});

export interface DaemonSetStatus extends Infer<typeof DaemonSetStatus> {}

export const DaemonSet = kubeObject(
  "io.k8s.api.apps.v1.DaemonSet",
  {
    spec: ref(DaemonSetSpec, { tag: 2, default: {}, description: "What should run." }),
    status: ref(DaemonSetStatus, { tag: 3, description: "What was last seen to run." }),
  },
  { description: "Keeps one pod on each node that fits.", derive: (v) => deriveDaemonSet(v) },
);

export interface DaemonSet extends Infer<typeof DaemonSet>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const DaemonSets = defineResource<DaemonSet>({
  group: "apps",
  version: "v1",
  kind: "DaemonSet",
  plural: "daemonsets",
  scope: "Namespaced",
  schema: DaemonSet,
  shortNames: ["ds"],
  categories: ["all"],
  subresources: ["status"],
  columns: daemonSetColumns,
  rules: daemonSetRules,
});
