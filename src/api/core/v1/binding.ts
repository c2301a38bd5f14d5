import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { type Infer, ref } from "#schema/nodes.ts";
import { ObjectReference } from "./object-reference.ts";

export const Binding = kubeObject(
  "io.k8s.api.core.v1.Binding",
  {
    target: ref(ObjectReference, { tag: 2, description: "The node.", required: true, keepEmpty: true }),
  },
  { description: "Gives a pod to a node." },
);

export interface Binding extends Infer<typeof Binding>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}
