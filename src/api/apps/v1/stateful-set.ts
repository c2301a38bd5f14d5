import { PersistentVolumeClaim } from "#api/core/v1/persistent-volume-claim.ts";
import { PodTemplateSpec } from "#api/core/v1/pod.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { enumOf, type Infer, int, intOrString, list, long, ref, string, struct, time } from "#schema/nodes.ts";
import { scaleOf, withScale } from "./scale-of.ts";
import { statefulSetColumns } from "./stateful-set.columns.ts";
import { deriveStatefulSet, deriveStatefulSetSpec } from "./stateful-set.defaults.ts";
import { checkStatefulSetSpec, statefulSetRules } from "./stateful-set.rules.ts";

export const RollingUpdateStatefulSetStrategy = struct("io.k8s.api.apps.v1.RollingUpdateStatefulSetStrategy", {
  partition: int({ tag: 1, description: "Pods with a smaller number keep the old template." }),
  maxUnavailable: intOrString({
    tag: 2,
    description: "How many pods may be missing, as a number or a share of all; 1 by default.",
  }),
});

export interface RollingUpdateStatefulSetStrategy extends Infer<typeof RollingUpdateStatefulSetStrategy> {}

export const StatefulSetUpdateStrategy = struct("io.k8s.api.apps.v1.StatefulSetUpdateStrategy", {
  type: enumOf(["RollingUpdate", "OnDelete"], {
    tag: 1,
    description: "RollingUpdate replaces pods from the last to the first; OnDelete waits until somebody deletes them.",
  }),
  rollingUpdate: ref(RollingUpdateStatefulSetStrategy, { tag: 2, description: "How far and how many at a time." }),
});

export interface StatefulSetUpdateStrategy extends Infer<typeof StatefulSetUpdateStrategy> {}

export const StatefulSetPersistentVolumeClaimRetentionPolicy = struct(
  "io.k8s.api.apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy",
  {
    whenDeleted: string({ tag: 1, description: "Retain or Delete, when the set is deleted." }),
    whenScaled: string({ tag: 2, description: "Retain or Delete, when the set becomes smaller." }),
  },
);

export interface StatefulSetPersistentVolumeClaimRetentionPolicy
  extends Infer<typeof StatefulSetPersistentVolumeClaimRetentionPolicy> {}

export const StatefulSetOrdinals = struct("io.k8s.api.apps.v1.StatefulSetOrdinals", {
  start: int({ tag: 1, required: true, keepEmpty: true, description: "The number of the first pod." }),
});

export interface StatefulSetOrdinals extends Infer<typeof StatefulSetOrdinals> {}

export const StatefulSetSpec = struct(
  "io.k8s.api.apps.v1.StatefulSetSpec",
  {
    replicas: int({ tag: 1, description: "How many pods; 1 by default." }),
    selector: ref(LabelSelector, {
      tag: 2,
      required: true,
      description: "Labels of the pods that belong to it. Must match the template; cannot change later.",
    }),
    template: ref(PodTemplateSpec, {
      tag: 3,
      required: true,
      keepEmpty: true,
      description: "What the pods look like.",
    }),
    volumeClaimTemplates: list(PersistentVolumeClaim, {
      tag: 4,
      description: "Claims that each pod gets for itself and finds again when it is made anew.",
    }),
    serviceName: string({
      tag: 5,
      required: true,
      keepEmpty: true,
      description: "The headless service that gives the pods their names in DNS.",
    }),
    podManagementPolicy: enumOf(["OrderedReady", "Parallel"], {
      tag: 6,
      description: "OrderedReady makes one pod after the other; Parallel all at once.",
    }),
    updateStrategy: ref(StatefulSetUpdateStrategy, { tag: 7, description: "How old pods are replaced by new ones." }),
    revisionHistoryLimit: int({ tag: 8, description: "How many old templates are kept for rollbacks; 10 by default." }),
    minReadySeconds: int({
      tag: 9,
      omitZero: true,
      description: "How long a pod must be ready to count as available.",
    }),
    persistentVolumeClaimRetentionPolicy: ref(StatefulSetPersistentVolumeClaimRetentionPolicy, {
      tag: 10,
      description: "What becomes of the claims of pods that go.",
    }),
    ordinals: ref(StatefulSetOrdinals, { tag: 11, description: "Where the numbers of the pods begin." }),
  },
  {
    description: "What a stateful set should run.",
    derive: (v) => deriveStatefulSetSpec(v),
    check: (v, path) => checkStatefulSetSpec(v, path),
  },
);

export interface StatefulSetSpec extends Infer<typeof StatefulSetSpec> {}

export const StatefulSetCondition = struct("io.k8s.api.apps.v1.StatefulSetCondition", {
  type: string({ tag: 1, required: true, keepEmpty: true }),
  status: string({ tag: 2, required: true, keepEmpty: true }),
  lastTransitionTime: time({ tag: 3 }),
  reason: string({ tag: 4 }),
  message: string({ tag: 5 }),
});

export interface StatefulSetCondition extends Infer<typeof StatefulSetCondition> {}

export const StatefulSetStatus = struct("io.k8s.api.apps.v1.StatefulSetStatus", {
  observedGeneration: long({ tag: 1, omitZero: true, description: "The generation that this status is about." }),
  replicas: int({ tag: 2, required: true, keepEmpty: true, description: "Pods that exist." }),
  readyReplicas: int({ tag: 3, omitZero: true, description: "Pods that are ready." }),
  currentReplicas: int({ tag: 4, omitZero: true, description: "Pods made from currentRevision." }),
  updatedReplicas: int({ tag: 5, omitZero: true, description: "Pods made from updateRevision." }),
  currentRevision: string({ tag: 6, description: "The template of the pods that are not updated yet." }),
  updateRevision: string({ tag: 7, description: "The template as it is now." }),
  collisionCount: int({ tag: 9, description: "Makes names of controller revisions unique." }),
  conditions: list(StatefulSetCondition, {
    tag: 10,
    patch: "merge",
    mergeKey: "type",
    listType: "map",
    keys: ["type"],
    description: "What holds for it now.",
  }),
  availableReplicas: int({
    tag: 11,
    required: true,
    keepEmpty: true,
    description: "Pods that have been ready long enough.",
  }),
});

export interface StatefulSetStatus extends Infer<typeof StatefulSetStatus> {}

export const StatefulSet = kubeObject(
  "io.k8s.api.apps.v1.StatefulSet",
  {
    spec: ref(StatefulSetSpec, { tag: 2, default: {}, description: "What should run." }),
    status: ref(StatefulSetStatus, { tag: 3, description: "What was last seen to run." }),
  },
  {
    description: "Keeps pods that are told apart: each has a number, a name and claims of its own that stay.",
    derive: (v) => deriveStatefulSet(v),
  },
);

export interface StatefulSet extends Infer<typeof StatefulSet>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const StatefulSets = defineResource<StatefulSet>({
  group: "apps",
  version: "v1",
  kind: "StatefulSet",
  plural: "statefulsets",
  scope: "Namespaced",
  schema: StatefulSet,
  shortNames: ["sts"],
  categories: ["all"],
  subresources: ["status", "scale"],
  columns: statefulSetColumns,
  scale: { read: scaleOf, write: withScale },
  rules: statefulSetRules,
});
