import { labelSelectorMatches } from "#api/meta/selector.ts";
import { type ClusterRole, ClusterRoles } from "#api/rbac/v1/cluster-role.ts";
import type { PolicyRule } from "#api/rbac/v1/policy-rule.ts";
import { type ControllerDefinition, cacheIndex, wake } from "#controller/controller.ts";
import { equal } from "#schema/diff.ts";

const aggregating = "aggregating";

/** Writes into cluster roles that are made of others the rules of those. */
export const clusterRoleAggregationController: ControllerDefinition<typeof ClusterRoles> = {
  name: "clusterrole-aggregation-controller",
  for: ClusterRoles,
  indexes: [cacheIndex(ClusterRoles, aggregating, ({ aggregationRule }) => (aggregationRule ? ["true"] : []))],
  wakes: [
    wake(ClusterRoles, (role, { cache }) =>
      cache
        .indexed(ClusterRoles, aggregating, "true")
        .filter((wider) => isPart(role, wider))
        .map(({ metadata }) => ({ name: metadata.name })),
    ),
  ],

  async reconcile(key, { cache, client }) {
    const role = cache.find(ClusterRoles, key);
    if (!role?.aggregationRule || role.metadata.deletionTimestamp) return;
    const rules = aggregatedRules(role, cache.all(ClusterRoles));
    if (equal(rules, role.rules ?? [])) return;
    await client.update(ClusterRoles, { ...role, rules });
  },
};

/** Every rule of the roles that are part of it, once, by name of the role. */
export function aggregatedRules(role: ClusterRole, all: readonly ClusterRole[]): PolicyRule[] {
  const found: PolicyRule[] = [];
  for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const parts = all.filter(
      ({ metadata }) => metadata.name !== role.metadata.name && labelSelectorMatches(selector, metadata.labels ?? {}),
    );
    for (const part of parts.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))) {
      for (const rule of part.rules ?? []) if (!found.some((each) => equal(each, rule))) found.push(rule);
    }
  }
  return found;
}

const isPart = ({ metadata }: ClusterRole, { aggregationRule }: ClusterRole): boolean =>
  (aggregationRule?.clusterRoleSelectors ?? []).some((selector) =>
    labelSelectorMatches(selector, metadata.labels ?? {}),
  );
