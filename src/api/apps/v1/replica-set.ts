import { derivePodTemplate } from "#api/core/v1/pod.defaults.ts";
import { PodTemplateSpec } from "#api/core/v1/pod.ts";
import { unchanged } from "#api/meta/check.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { type Infer, int, list, long, ref, string, struct, time } from "#schema/nodes.ts";
import { replicaSetColumns } from "./replica-set.columns.ts";
import { scaleOf, withScale } from "./scale-of.ts";
import { checkWorkload } from "./workload.rules.ts";

export const ReplicaSetSpec = struct(
  "io.k8s.api.apps.v1.ReplicaSetSpec",
  {
    replicas: int({ tag: 1, description: "How many pods; 1 by default." }),
    minReadySeconds: int({
      tag: 4,
      omitZero: true,
      description: "How long a pod must be ready to count as available.",
    }),
    selector: ref(LabelSelector, {
      tag: 2,
      description: "Labels of the pods that belong to it. Must match the template; cannot change later.",
      required: true,
    }),
    template: ref(PodTemplateSpec, { tag: 3, description: "What the pods look like." }),
  },
  {
    derive: (spec) => {
      spec.replicas ??= 1;
      spec.template ??= {};
      derivePodTemplate(spec.template);
    },
    check: (v, path) => checkWorkload(v, path),
  },
);

export interface ReplicaSetSpec extends Infer<typeof ReplicaSetSpec> {}

export const ReplicaSetCondition = struct("io.k8s.api.apps.v1.ReplicaSetCondition", {
  type: string({ tag: 1, required: true, keepEmpty: true }),
  status: string({ tag: 2, required: true, keepEmpty: true }),
  lastTransitionTime: time({ tag: 3 }),
  reason: string({ tag: 4 }),
  message: string({ tag: 5 }),
});

export interface ReplicaSetCondition extends Infer<typeof ReplicaSetCondition> {}

export const ReplicaSetStatus = struct("io.k8s.api.apps.v1.ReplicaSetStatus", {
  replicas: int({ tag: 1, description: "Pods that exist.", required: true, keepEmpty: true }),
  fullyLabeledReplicas: int({ tag: 2, omitZero: true, description: "Pods with all labels of the template." }),
  readyReplicas: int({ tag: 4, omitZero: true, description: "Pods that are ready." }),
  availableReplicas: int({ tag: 5, omitZero: true, description: "Pods that have been ready long enough." }),
  terminatingReplicas: int({ tag: 7 }),
  observedGeneration: long({ tag: 3, omitZero: true, description: "The generation that this status is about." }),
  conditions: list(ReplicaSetCondition, {
    tag: 6,
    description: "What holds for it now.",
    patch: "merge",
    mergeKey: "type",
    listType: "map",
    keys: ["type"],
  }),
});

export interface ReplicaSetStatus extends Infer<typeof ReplicaSetStatus> {}

export const ReplicaSet = kubeObject(
  "io.k8s.api.apps.v1.ReplicaSet",
  {
    spec: ref(ReplicaSetSpec, { tag: 2, description: "What should run.", default: {} }),
    status: ref(ReplicaSetStatus, { tag: 3, description: "What was last seen to run." }),
  },
  {
    description: "Keeps a number of equal pods running. Most are made by deployments.",
    derive: (rs) => {
      rs.status ??= { replicas: 0 };
    },
  },
);

export interface ReplicaSet extends Infer<typeof ReplicaSet>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const ReplicaSets = defineResource<ReplicaSet>({
  group: "apps",
  version: "v1",
  kind: "ReplicaSet",
  plural: "replicasets",
  scope: "Namespaced",
  schema: ReplicaSet,
  shortNames: ["rs"],
  categories: ["all"],
  subresources: ["status", "scale"],
  columns: replicaSetColumns,
  selectableFields: { "status.replicas": ({ status }) => String(status?.replicas ?? 0) },
  scale: { read: scaleOf, write: withScale },
  rules: {
    create(draft) {
      draft.status = { replicas: 0 };
    },
    check: (next, old) => (old ? unchanged("spec.selector", next.spec.selector, old.spec.selector) : []),
  },
});
