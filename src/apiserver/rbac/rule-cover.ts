import type { PolicyRule } from "#api/rbac/v1/policy-rule.ts";

/** Lists that are empty may be missing. */
type Rule = { readonly [K in keyof PolicyRule]?: readonly string[] };

const none: readonly string[] = [];

/** Everything that `wanted` permits and `held` does not, each as a rule of one verb on one resource or path. */
export function uncovered(held: readonly Rule[], wanted: readonly Rule[]): Rule[] {
  return wanted.flatMap(split).filter((part) => !held.some((rule) => covers(rule, part)));
}

/** A rule as rules of one verb each on one resource of one group, or one path. */
function split({ verbs = none, apiGroups = none, resources = none, resourceNames = none, ...rest }: Rule): Rule[] {
  const paths = rest.nonResourceURLs ?? none;
  const ofPaths = paths.flatMap((url) => verbs.map((verb): Rule => ({ nonResourceURLs: [url], verbs: [verb] })));
  const names = resourceNames.length > 0 ? resourceNames.map((name) => ({ resourceNames: [name] })) : [{}];
  const ofResources = apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      verbs.flatMap((verb) =>
        names.map((named): Rule => ({ apiGroups: [group], resources: [resource], verbs: [verb], ...named })),
      ),
    ),
  );
  return [...ofResources, ...ofPaths];
}

function covers(held: Rule, part: Rule): boolean {
  const all = (has: readonly string[] = none, wants: readonly string[] = none) =>
    has.includes("*") || wants.every((want) => has.includes(want));
  const names = held.resourceNames ?? none;
  const namesCovered =
    names.length === 0 ||
    ((part.resourceNames ?? none).length > 0 && (part.resourceNames ?? none).every((name) => names.includes(name)));
  return (
    all(held.verbs, part.verbs) &&
    all(held.apiGroups, part.apiGroups) &&
    (part.resources ?? none).every((resource) => resourceCovered(held.resources ?? none, resource)) &&
    (part.nonResourceURLs ?? none).every((url) => pathCovered(held.nonResourceURLs ?? none, url)) &&
    namesCovered
  );
}

function resourceCovered(held: readonly string[], resource: string): boolean {
  if (held.includes("*") || held.includes(resource)) return true;
  const [, subresource] = resource.split("/");
  return subresource !== undefined && held.includes(`*/${subresource}`);
}

const pathCovered = (held: readonly string[], url: string): boolean =>
  held.some((each) => each === url || (each.endsWith("*") && url.startsWith(each.replace(/\*+$/, ""))));

/** Rules that differ in nothing but their verb, as one. */
export function compact(parts: readonly Rule[]): Rule[] {
  const byTarget = new Map<string, { rule: Rule; verbs: string[] }>();
  for (const { verbs = none, ...target } of parts) {
    const id = JSON.stringify(target);
    const known = byTarget.get(id);
    if (known) known.verbs.push(...verbs.filter((verb) => !known.verbs.includes(verb)));
    else byTarget.set(id, { rule: target, verbs: [...verbs] });
  }
  return [...byTarget.values()].map(({ rule, verbs }) => ({ ...rule, verbs }));
}

/** A rule as messages show it: `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`. */
export function ruleText(rule: Rule): string {
  const parts = [
    ["APIGroups", rule.apiGroups],
    ["Resources", rule.resources],
    ["NonResourceURLs", rule.nonResourceURLs],
    ["ResourceNames", rule.resourceNames],
    ["Verbs", rule.verbs],
  ] as const;
  const given = parts.filter(([, list]) => list && list.length > 0);
  return `{${given.map(([name, list]) => `${name}:${quoted(list ?? none)}`).join(", ")}}`;
}

/** A list of texts as Go prints it with `%q`. */
export const quoted = (list: readonly string[]): string => `[${list.map((each) => JSON.stringify(each)).join(" ")}]`;
