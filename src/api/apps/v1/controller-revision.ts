import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { any, type Infer, long } from "#schema/nodes.ts";
import { controllerRevisionColumns } from "./controller-revision.columns.ts";
import { controllerRevisionRules } from "./controller-revision.rules.ts";

export const ControllerRevision = kubeObject(
  "io.k8s.api.apps.v1.ControllerRevision",
  {
    data: any({ tag: 2, description: "The state." }),
    revision: long({
      tag: 3,
      required: true,
      keepEmpty: true,
      description: "The place of the state in the history; a greater one is newer.",
    }),
  },
  { description: "What a controller remembers of an earlier state of its object, so that it can be brought back." },
);

export interface ControllerRevision extends Infer<typeof ControllerRevision>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const ControllerRevisions = defineResource<ControllerRevision>({
  group: "apps",
  version: "v1",
  kind: "ControllerRevision",
  plural: "controllerrevisions",
  scope: "Namespaced",
  schema: ControllerRevision,
  columns: controllerRevisionColumns,
  rules: controllerRevisionRules,
});
