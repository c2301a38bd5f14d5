import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { bool, enumOf, type Infer, int, string } from "#schema/nodes.ts";
import { priorityClassColumns } from "./priority-class.columns.ts";
import { derivePriorityClass, priorityClassRules } from "./priority-class.rules.ts";

export const PriorityClass = kubeObject(
  "io.k8s.api.scheduling.v1.PriorityClass",
  {
    value: int({
      tag: 2,
      required: true,
      keepEmpty: true,
      description: "The priority of pods of this class; a greater number comes first.",
    }),
    globalDefault: bool({ tag: 3, omitZero: true, description: "Pods that name no class are of this one." }),
    description: string({ tag: 4, description: "For whom it is meant." }),
    preemptionPolicy: enumOf(["PreemptLowerPriority", "Never"], {
      tag: 5,
      description: "Whether less important pods may be removed to make room: PreemptLowerPriority or Never.",
    }),
  },
  { description: "Gives a name to how important pods are.", derive: (v) => derivePriorityClass(v) },
);

export interface PriorityClass extends Infer<typeof PriorityClass>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const PriorityClasses = defineResource<PriorityClass>({
  group: "scheduling.k8s.io",
  version: "v1",
  kind: "PriorityClass",
  plural: "priorityclasses",
  scope: "Cluster",
  schema: PriorityClass,
  shortNames: ["pc"],
  columns: priorityClassColumns,
  specFields: ["value"],
  rules: priorityClassRules,
});
