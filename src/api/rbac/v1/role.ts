import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { type Infer, list } from "#schema/nodes.ts";
import { checkPolicyRules } from "./policy-rule.rules.ts";
import { PolicyRule } from "./policy-rule.ts";

export const Role = kubeObject(
  "io.k8s.api.rbac.v1.Role",
  { rules: list(PolicyRule, { tag: 2, description: "What may be done in the namespace." }) },
  { description: "A set of permissions in one namespace; a RoleBinding gives it to somebody." },
);

export interface Role extends Infer<typeof Role>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const Roles = defineResource<Role>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "Role",
  plural: "roles",
  scope: "Namespaced",
  schema: Role,
  nameRule: "pathSegment",
  rules: { check: ({ rules }) => checkPolicyRules(rules, "Namespaced") },
});
