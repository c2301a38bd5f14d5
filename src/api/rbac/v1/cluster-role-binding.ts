import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { type Infer, list, ref } from "#schema/nodes.ts";
import { bindingColumns } from "./binding.columns.ts";
import { checkBinding } from "./binding.rules.ts";
import { RoleRef, Subject } from "./binding-parts.ts";

export const ClusterRoleBinding = kubeObject(
  "io.k8s.api.rbac.v1.ClusterRoleBinding",
  {
    subjects: list(Subject, { tag: 2, description: "Who gets the role." }),
    roleRef: ref(RoleRef, { tag: 3, required: true, keepEmpty: true, description: "The role." }),
  },
  { description: "Gives a cluster role to somebody in all namespaces and for what is in none." },
);

export interface ClusterRoleBinding extends Infer<typeof ClusterRoleBinding>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const ClusterRoleBindings = defineResource<ClusterRoleBinding>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "ClusterRoleBinding",
  plural: "clusterrolebindings",
  scope: "Cluster",
  schema: ClusterRoleBinding,
  nameRule: "pathSegment",
  columns: bindingColumns,
  rules: { check: (next, old) => checkBinding(next, old, "Cluster") },
});
