import { badly, ifGiven, same } from "#api/meta/check.ts";
import { isDns1123Subdomain, isPathSegment } from "#schema/formats.ts";
import { invalid, notSupported, type Problem, required } from "#schema/problem.ts";
import { type RoleRef, rbacGroup, type Subject } from "./binding-parts.ts";

interface Binding {
  readonly roleRef: RoleRef;
  readonly subjects?: readonly Subject[];
}

type Scope = "Namespaced" | "Cluster";

/** What is wrong with a binding, or with what it became of `old`. */
export function checkBinding(next: Binding, old: Binding | undefined, scope: Scope): Problem[] {
  const problems = [
    ...checkRoleRef(next.roleRef, scope === "Cluster" ? ["ClusterRole"] : ["ClusterRole", "Role"]),
    ...(next.subjects ?? []).flatMap((subject, i) => checkSubject(subject, scope, `subjects[${i}]`)),
  ];
  if (old && !same(next.roleRef, old.roleRef)) problems.push(invalid("roleRef", next.roleRef, "cannot change roleRef"));
  return problems;
}

function checkRoleRef({ apiGroup, kind, name }: RoleRef, kinds: readonly string[]): Problem[] {
  return [
    ...(apiGroup === rbacGroup ? [] : [notSupported("roleRef.apiGroup", apiGroup, [rbacGroup])]),
    ...(kinds.includes(kind) ? [] : [notSupported("roleRef.kind", kind, kinds)]),
    ...(name ? badly("roleRef.name", name, isPathSegment(name)) : [required("roleRef.name")]),
  ];
}

function checkSubject({ kind, apiGroup = "", name, namespace }: Subject, scope: Scope, path: string): Problem[] {
  const problems: Problem[] = name ? [] : [required(`${path}.name`)];
  switch (kind) {
    case "ServiceAccount":
      problems.push(...ifGiven(`${path}.name`, name, isDns1123Subdomain));
      if (apiGroup) problems.push(notSupported(`${path}.apiGroup`, apiGroup, [""]));
      if (scope === "Cluster" && !namespace) problems.push(required(`${path}.namespace`));
      break;
    case "User":
    case "Group":
      if (apiGroup !== rbacGroup) problems.push(notSupported(`${path}.apiGroup`, apiGroup, [rbacGroup]));
      break;
    default:
      problems.push(notSupported(`${path}.kind`, kind, ["ServiceAccount", "User", "Group"]));
  }
  return problems;
}
