import { forbidden, notFound } from "#api/meta/api-error.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import type { RoleRef } from "#api/rbac/v1/binding-parts.ts";
import type { ClusterRole } from "#api/rbac/v1/cluster-role.ts";
import { ClusterRoles } from "#api/rbac/v1/cluster-role.ts";
import type { PolicyRule } from "#api/rbac/v1/policy-rule.ts";
import { type Role, Roles } from "#api/rbac/v1/role.ts";
import type { RoleBinding } from "#api/rbac/v1/role-binding.ts";
import type { UserInfo } from "#client/transport.ts";
import { equal } from "#schema/diff.ts";
import type { AdmissionPlugin, Review } from "../admission/admission.ts";
import type { Authorizer } from "../authz/authorizer.ts";
import { mastersGroup } from "../authz/groups.ts";
import { compact, quoted, ruleText, uncovered } from "./rule-cover.ts";
import type { RuleResolver } from "./rule-resolver.ts";

export interface EscalationOptions {
  readonly resolver: RuleResolver;
  readonly authorizer: Authorizer;
}

const everything: readonly PolicyRule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  { verbs: ["*"], nonResourceURLs: ["*"] },
];

/** Nobody gives away, by writing roles or bindings, what he may not do himself; the verbs `escalate` and `bind` allow it. */
export function escalationCheck(options: EscalationOptions): AdmissionPlugin {
  return {
    name: "RbacEscalation",
    async validate(review) {
      const { resource, verb, subresource, user } = review;
      if (resource.group !== Roles.group || verb === "delete" || subresource) return;
      if (user.groups.includes(mastersGroup)) return;
      if (resource.plural.endsWith("roles")) await checkRole(review, options);
      else await checkBinding(review, options);
    },
  };
}

async function checkRole(review: Review, { resolver, authorizer }: EscalationOptions): Promise<void> {
  const { resource, namespace, user } = review;
  const next = review.object as Role | ClusterRole;
  if (unchanged(review, ["rules", "aggregationRule"])) return;
  const { group, version, plural } = resource;
  const name = review.old ? review.name : undefined;
  const about = { group, version, plural, namespace, name };
  if ((await authorizer.authorize({ user, verb: "escalate", resource: about })).verdict === "allow") return;
  const refuse = (why: string) => forbidden(resource, next.metadata.name, why);
  const objection = surplus(resolver, user, namespace, next.rules ?? []);
  if (objection) throw refuse(objection);
  const aggregates = [review.object, review.old].some((role) => (role as ClusterRole | undefined)?.aggregationRule);
  if (aggregates && surplus(resolver, user, namespace, everything)) {
    throw refuse("must have cluster-admin privileges to use the aggregationRule");
  }
}

async function checkBinding(review: Review, { resolver, authorizer }: EscalationOptions): Promise<void> {
  const { resource, namespace, user } = review;
  const { roleRef, metadata } = review.object as RoleBinding;
  if (unchanged(review, ["roleRef", "subjects"])) return;
  const role = roleRef.kind === "Role" ? Roles : ClusterRoles;
  const { group, version, plural } = role;
  const about = { group, version, plural, namespace, name: roleRef.name };
  if ((await authorizer.authorize({ user, verb: "bind", resource: about })).verdict === "allow") return;
  const objection = surplus(resolver, user, namespace, rulesOf(resolver, roleRef, namespace));
  if (objection) throw forbidden(resource, metadata.name, objection);
}

function rulesOf(resolver: RuleResolver, roleRef: RoleRef, namespace = ""): readonly PolicyRule[] {
  const rules = resolver.rulesOf(roleRef, namespace);
  if (rules) return rules;
  throw notFound(roleRef.kind === "Role" ? Roles : ClusterRoles, roleRef.name);
}

function unchanged({ object, old }: Review, fields: readonly string[]): boolean {
  if (!old) return false;
  const read = (from: KubeObject | undefined, field: string) =>
    (from as unknown as Readonly<Record<string, unknown>>)[field];
  return fields.every((field) => equal(read(object, field), read(old, field)));
}

/** What the user would give away without having it, in words. */
function surplus(
  resolver: RuleResolver,
  user: UserInfo,
  namespace: string | undefined,
  rules: readonly PolicyRule[],
): string | undefined {
  const held = resolver.rules(user, namespace);
  const missing = uncovered(held.rules, rules);
  if (missing.length === 0) return undefined;
  const who = `user ${JSON.stringify(user.name)} (groups=${quoted(user.groups)})`;
  const list = [...new Set(compact(missing).map(ruleText))].toSorted().join("\n");
  const errors = held.missing.length > 0 ? `; resolution errors: [${held.missing.join(", ")}]` : "";
  return `${who} is attempting to grant RBAC permissions not currently held:\n${list}${errors}`;
}
