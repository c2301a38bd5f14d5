import type { Draft, KubeObject } from "#api/meta/object-meta.ts";
import type { Subject } from "#api/rbac/v1/binding-parts.ts";
import type { ClusterRole } from "#api/rbac/v1/cluster-role.ts";
import type { ClusterRoleBinding } from "#api/rbac/v1/cluster-role-binding.ts";
import type { PolicyRule } from "#api/rbac/v1/policy-rule.ts";
import type { Role } from "#api/rbac/v1/role.ts";
import type { RoleBinding } from "#api/rbac/v1/role-binding.ts";
import { equal } from "#schema/diff.ts";
import { autoUpdate } from "./bootstrap-rule.ts";
import { compact, uncovered } from "./rule-cover.ts";

type AnyRole = Role | ClusterRole;
type AnyBinding = RoleBinding | ClusterRoleBinding;

/** Whoever wants to keep a role of the server's as he changed it takes the mark away. */
const isLeftAlone = ({ metadata }: KubeObject): boolean => metadata.annotations?.[autoUpdate] === "false";

/** The role with what it lacks; what was added to it stays. `undefined` when nothing is to be done. */
export function reconciledRole<R extends AnyRole>(current: R, wanted: Draft<R>): R | undefined {
  if (isLeftAlone(current)) return undefined;
  const metadata = withMarks(current, wanted);
  const { aggregationRule } = wanted as Draft<ClusterRole>;
  const missing = aggregationRule
    ? []
    : uncovered(current.rules ?? [], ((wanted as Draft<Role>).rules ?? []) as PolicyRule[]);
  const selectors = (current as ClusterRole).aggregationRule?.clusterRoleSelectors ?? [];
  const added = (aggregationRule?.clusterRoleSelectors ?? []).filter(
    (selector) => !selectors.some((each) => equal(each, selector)),
  );
  if (!metadata && missing.length === 0 && added.length === 0) return undefined;
  return {
    ...current,
    ...(metadata && { metadata }),
    ...(missing.length > 0 && { rules: [...(current.rules ?? []), ...(compact(missing) as PolicyRule[])] }),
    ...(added.length > 0 && { aggregationRule: { clusterRoleSelectors: [...selectors, ...added] } }),
  };
}

/** `replace`: it leads to another role, which cannot be changed, so that it has to be made anew. */
export function reconciledBinding<B extends AnyBinding>(current: B, wanted: Draft<B>): B | "replace" | undefined {
  if (isLeftAlone(current)) return undefined;
  const { roleRef, subjects = [] } = wanted as Draft<RoleBinding>;
  if (!equal(current.roleRef, roleRef)) return "replace";
  const metadata = withMarks(current, wanted);
  const missing = (subjects as Subject[]).filter((subject) => !current.subjects?.some((each) => equal(each, subject)));
  if (!metadata && missing.length === 0) return undefined;
  return {
    ...current,
    ...(metadata && { metadata }),
    ...(missing.length > 0 && { subjects: [...(current.subjects ?? []), ...missing] }),
  };
}

/** The metadata with all marks, `undefined` when it has them. */
function withMarks({ metadata }: KubeObject, wanted: Draft<KubeObject>): KubeObject["metadata"] | undefined {
  const labels = { ...metadata.labels, ...wanted.metadata?.labels } as Record<string, string>;
  const annotations = { ...wanted.metadata?.annotations, ...metadata.annotations } as Record<string, string>;
  const same = equal(labels, metadata.labels ?? {}) && equal(annotations, metadata.annotations ?? {});
  return same ? undefined : { ...metadata, labels, annotations };
}
