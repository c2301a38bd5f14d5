import type { PolicyRule } from "#api/rbac/v1/policy-rule.ts";
import type { Attributes } from "../authz/authorizer.ts";

/** Lists that are empty may be missing. */
type Rule = Partial<PolicyRule>;

const has = (list: readonly string[] | undefined, value: string): boolean =>
  list?.some((each) => each === value || each === "*") ?? false;

/** Whether a rule permits what is asked for. */
export function ruleAllows(rule: Rule, { verb, resource, path }: Attributes): boolean {
  if (!has(rule.verbs, verb)) return false;
  if (!resource) return path !== undefined && (rule.nonResourceURLs?.some((url) => pathMatches(url, path)) ?? false);
  if (!has(rule.apiGroups, resource.group)) return false;
  if (!rule.resources?.some((pattern) => resourceMatches(pattern, resource))) return false;
  const { resourceNames = [] } = rule;
  return resourceNames.length === 0 || resourceNames.includes(resource.name ?? "");
}

/** `*` is every path, `/apis/*` what begins with `/apis/`. */
function pathMatches(pattern: string, path: string): boolean {
  if (pattern === "*" || pattern === path) return true;
  return pattern.endsWith("*") && path.startsWith(pattern.replace(/\*+$/, ""));
}

/** `pods/log`, `*`, or `*` before a subresource. */
function resourceMatches(pattern: string, { plural, subresource }: NonNullable<Attributes["resource"]>): boolean {
  if (pattern === "*") return true;
  if (!subresource) return pattern === plural;
  return pattern === `${plural}/${subresource}` || pattern === `*/${subresource}`;
}
