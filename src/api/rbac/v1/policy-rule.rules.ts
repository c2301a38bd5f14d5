import { invalid, type Problem, required } from "#schema/problem.ts";
import type { PolicyRule } from "./policy-rule.ts";

const nothing: readonly string[] = [];

/** What is wrong with the rules of a role; those of a namespace say nothing about paths. */
export function checkPolicyRules(rules: readonly PolicyRule[] | undefined, scope: "Namespaced" | "Cluster"): Problem[] {
  return (rules ?? []).flatMap((rule, i) => checkRule(rule, scope, `rules[${i}]`));
}

function checkRule(rule: PolicyRule, scope: "Namespaced" | "Cluster", path: string): Problem[] {
  const { apiGroups = nothing, resources = nothing, resourceNames = nothing, nonResourceURLs = nothing } = rule;
  const problems: Problem[] = [];
  if (!rule.verbs?.length) problems.push(required(`${path}.verbs`, "verbs must contain at least one value"));
  if (nonResourceURLs.length > 0) {
    const field = `${path}.nonResourceURLs`;
    if (scope === "Namespaced") {
      problems.push(invalid(field, nonResourceURLs, "namespaced rules cannot apply to non-resource URLs"));
    }
    if (apiGroups.length > 0 || resources.length > 0 || resourceNames.length > 0) {
      const both = "rules cannot apply to both regular resources and non-resource URLs";
      problems.push(invalid(field, nonResourceURLs, both));
    }
    return problems;
  }
  if (apiGroups.length === 0) {
    problems.push(required(`${path}.apiGroups`, "resource rules must supply at least one api group"));
  }
  if (resources.length === 0) {
    problems.push(required(`${path}.resources`, "resource rules must supply at least one resource"));
  }
  return problems;
}
