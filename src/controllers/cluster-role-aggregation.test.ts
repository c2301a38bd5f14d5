import assert from "node:assert/strict";
import { test } from "node:test";
import { ClusterRoles } from "#api/rbac/v1/cluster-role.ts";
import { testCluster } from "#testing/test-cluster.ts";

const rule = (resource: string) => ({ verbs: ["get"], apiGroups: ["example.org"], resources: [resource] });
const labels = { "example.org/aggregate": "true" };

test("a role made of others has their rules, as they come, change and go", async () => {
  await using cluster = await testCluster({ nodes: 0 });
  const { client } = cluster;
  const rules = async (name: string) => {
    await cluster.settle();
    const { rules = [] } = await client.get(ClusterRoles, { name });
    return rules.flatMap(({ apiGroups = [], resources = [] }) => (apiGroups.includes("example.org") ? resources : []));
  };
  await client.create(ClusterRoles, {
    metadata: { name: "all" },
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: labels }] },
    rules: [rule("overwritten")],
  });
  assert.deepEqual(await rules("all"), []);
  await client.create(ClusterRoles, { metadata: { name: "b", labels }, rules: [rule("b"), rule("shared")] });
  await client.create(ClusterRoles, { metadata: { name: "a", labels }, rules: [rule("a"), rule("shared")] });
  assert.deepEqual(await rules("all"), ["a", "shared", "b"]);
  await client.patch(ClusterRoles, { name: "b" }, { type: "merge", body: { rules: [rule("c")] } });
  assert.deepEqual(await rules("all"), ["a", "shared", "c"]);
  await client.patch(ClusterRoles, { name: "a" }, { type: "merge", body: { metadata: { labels: null } } });
  assert.deepEqual(await rules("all"), ["c"]);
  await client.delete(ClusterRoles, { name: "b" });
  assert.deepEqual(await rules("all"), []);
});

test("view is part of edit, edit of admin, and whoever labels a role makes it part of them", async () => {
  await using cluster = await testCluster({ nodes: 0 });
  const { client } = cluster;
  const extended = { "rbac.authorization.k8s.io/aggregate-to-view": "true" };
  await client.create(ClusterRoles, { metadata: { name: "crontabs", labels: extended }, rules: [rule("crontabs")] });
  await cluster.settle();
  for (const [name, verb, resource] of [
    ["view", "get", "crontabs"],
    ["edit", "get", "crontabs"],
    ["admin", "get", "crontabs"],
    ["view", "list", "configmaps"],
    ["edit", "delete", "secrets"],
    ["admin", "update", "rolebindings"],
  ] as const) {
    const { rules = [] } = await client.get(ClusterRoles, { name });
    const has = rules.some(({ verbs, resources = [] }) => verbs.includes(verb) && resources.includes(resource));
    assert.ok(has, `${name}: ${verb} ${resource}`);
  }
  const { rules = [] } = await client.get(ClusterRoles, { name: "view" });
  assert.ok(!rules.some(({ resources = [] }) => resources.includes("secrets")), "view does not show secrets");
});
