import { Condition } from "#api/meta/condition.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { enumOf, type Infer, int, intOrString, list, long, map, ref, struct, time } from "#schema/nodes.ts";
import { budgetColumns } from "./pod-disruption-budget.columns.ts";
import { budgetRules, checkBudgetSpec, deriveBudget } from "./pod-disruption-budget.rules.ts";

export const PodDisruptionBudgetSpec = struct(
  "io.k8s.api.policy.v1.PodDisruptionBudgetSpec",
  {
    minAvailable: intOrString({ tag: 1, description: "How many pods must stay, as a number or a share of all." }),
    selector: ref(LabelSelector, { tag: 2, description: "Labels of the pods." }),
    maxUnavailable: intOrString({
      tag: 3,
      description: "How many pods may be missing, as a number or a share of all.",
    }),
    unhealthyPodEvictionPolicy: enumOf(["IfHealthyBudget", "AlwaysAllow"], {
      tag: 4,
      description: "Whether pods that are not ready may go when the budget is used up.",
    }),
  },
  { check: (v, path) => checkBudgetSpec(v, path) },
);

export interface PodDisruptionBudgetSpec extends Infer<typeof PodDisruptionBudgetSpec> {}

export const PodDisruptionBudgetStatus = struct("io.k8s.api.policy.v1.PodDisruptionBudgetStatus", {
  observedGeneration: long({ tag: 1, omitZero: true, description: "The generation that this status is about." }),
  disruptedPods: map(time(), {
    tag: 2,
    description: "Pods whose eviction was allowed, and when, until they are gone.",
  }),
  disruptionsAllowed: int({ tag: 3, required: true, keepEmpty: true, description: "Pods that may go now." }),
  currentHealthy: int({ tag: 4, required: true, keepEmpty: true, description: "Pods that are ready." }),
  desiredHealthy: int({ tag: 5, required: true, keepEmpty: true, description: "Pods that must be ready." }),
  expectedPods: int({ tag: 6, required: true, keepEmpty: true, description: "Pods that there should be." }),
  conditions: list(Condition, {
    tag: 7,
    patch: "merge",
    mergeKey: "type",
    listType: "map",
    keys: ["type"],
    description: "What holds for it now.",
  }),
});

export interface PodDisruptionBudgetStatus extends Infer<typeof PodDisruptionBudgetStatus> {}

export const PodDisruptionBudget = kubeObject(
  "io.k8s.api.policy.v1.PodDisruptionBudget",
  {
    spec: ref(PodDisruptionBudgetSpec, { tag: 2, default: {}, description: "How many of which pods." }),
    status: ref(PodDisruptionBudgetStatus, { tag: 3, description: "How many may go now." }),
  },
  { description: "Says how many of some pods may be missing when nodes are emptied.", derive: (v) => deriveBudget(v) },
);

export interface PodDisruptionBudget extends Infer<typeof PodDisruptionBudget>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const PodDisruptionBudgets = defineResource<PodDisruptionBudget>({
  group: "policy",
  version: "v1",
  kind: "PodDisruptionBudget",
  plural: "poddisruptionbudgets",
  scope: "Namespaced",
  schema: PodDisruptionBudget,
  shortNames: ["pdb"],
  subresources: ["status"],
  columns: budgetColumns,
  rules: budgetRules,
});
