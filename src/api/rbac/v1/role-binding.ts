import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { type Infer, list, ref } from "#schema/nodes.ts";
import { bindingColumns } from "./binding.columns.ts";
import { checkBinding } from "./binding.rules.ts";
import { RoleRef, Subject } from "./binding-parts.ts";

export const RoleBinding = kubeObject(
  "io.k8s.api.rbac.v1.RoleBinding",
  {
    subjects: list(Subject, { tag: 2, description: "Who gets the role." }),
    roleRef: ref(RoleRef, { tag: 3, required: true, keepEmpty: true, description: "The role." }),
  },
  { description: "Gives a role, or a cluster role, to somebody in one namespace." },
);

export interface RoleBinding extends Infer<typeof RoleBinding>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const RoleBindings = defineResource<RoleBinding>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "RoleBinding",
  plural: "rolebindings",
  scope: "Namespaced",
  schema: RoleBinding,
  nameRule: "pathSegment",
  columns: bindingColumns,
  rules: { check: (next, old) => checkBinding(next, old, "Namespaced") },
});
