import { LabelSelector } from "#api/meta/label-selector.ts";
import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { type Infer, list, ref, struct } from "#schema/nodes.ts";
import { type Problem, required } from "#schema/problem.ts";
import { checkPolicyRules } from "./policy-rule.rules.ts";
import { PolicyRule } from "./policy-rule.ts";

export const AggregationRule = struct(
  "io.k8s.api.rbac.v1.AggregationRule",
  {
    clusterRoleSelectors: list(LabelSelector, {
      tag: 1,
      description: "The rules of every cluster role that one of these chooses are part of this one.",
    }),
  },
  { description: "Where a cluster role takes its rules from." },
);

export interface AggregationRule extends Infer<typeof AggregationRule> {}

export const ClusterRole = kubeObject(
  "io.k8s.api.rbac.v1.ClusterRole",
  {
    rules: list(PolicyRule, { tag: 2, description: "What may be done." }),
    aggregationRule: ref(AggregationRule, {
      tag: 3,
      description: "When given, a controller writes the rules; what others write there is lost.",
    }),
  },
  { description: "A set of permissions, given in all namespaces by a ClusterRoleBinding, in one by a RoleBinding." },
);

export interface ClusterRole extends Infer<typeof ClusterRole>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const ClusterRoles = defineResource<ClusterRole>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "ClusterRole",
  plural: "clusterroles",
  scope: "Cluster",
  schema: ClusterRole,
  nameRule: "pathSegment",
  rules: { check: (next) => [...checkPolicyRules(next.rules, "Cluster"), ...checkAggregation(next)] },
});

function checkAggregation({ aggregationRule }: ClusterRole): Problem[] {
  if (!aggregationRule || aggregationRule.clusterRoleSelectors?.length) return [];
  const why = "at least one clusterRoleSelector required if aggregationRule is non-nil";
  return [required("aggregationRule.clusterRoleSelectors", why)];
}
