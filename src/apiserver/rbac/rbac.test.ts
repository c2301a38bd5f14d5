import assert from "node:assert/strict";
import { test } from "node:test";
import { ClusterRoleBindings, ClusterRoles, Namespaces, RoleBindings, Roles } from "#api/catalog.ts";
import type { PolicyRule } from "#api/rbac/v1/policy-rule.ts";
import type { UserInfo } from "#client/transport.ts";
import type { Attributes } from "../authz/authorizer.ts";
import { refused, type TestServer, testServer } from "../test-server.ts";
import { uncovered } from "./rule-cover.ts";

const user = (name: string, ...groups: string[]): UserInfo => ({ name, groups: [...groups, "system:authenticated"] });
const jane = user("jane");
const robot = user("system:serviceaccount:ops:robot", "system:serviceaccounts", "system:serviceaccounts:ops");
const rule = (verbs: string, resources: string, more: Partial<PolicyRule> = {}): PolicyRule => ({
  verbs: verbs.split(","),
  apiGroups: [""],
  resources: resources.split(","),
  ...more,
});

/** `get pods/log@default/web`, `get /metrics`; a group follows a dot, as in `get roles.rbac.authorization.k8s.io`. */
function asking(who: UserInfo, what: string): Attributes {
  const [verb = "", noun = ""] = what.split(" ");
  if (noun.startsWith("/")) return { user: who, verb, path: noun };
  const [target = "", place = ""] = noun.split("@");
  const [qualified = "", subresource] = target.split("/");
  const [plural = "", ...group] = qualified.split(".");
  const [namespace, name] = place.split("/");
  const resource = { group: group.join("."), version: "v1", plural, subresource, name };
  return { user: who, verb, resource: { ...resource, namespace: namespace || undefined } };
}

async function grant(server: TestServer, name: string, subject: object, rules: PolicyRule[], namespace?: string) {
  const resource = namespace ? Roles : ClusterRoles;
  await server.client.create(resource, { metadata: { name, namespace }, rules });
  await server.client.create(namespace ? RoleBindings : ClusterRoleBindings, {
    metadata: { name, namespace },
    roleRef: { kind: resource.kind, name },
    subjects: [subject],
  });
}

const janeSubject = { kind: "User", name: "jane" };

test("who may do what", async () => {
  await using server = await testServer();
  for (const name of ["dev", "ops"]) await server.client.create(Namespaces, { metadata: { name } });
  await grant(server, "pods", janeSubject, [rule("get,list", "pods"), rule("get", "pods/log")], "dev");
  await grant(server, "one", janeSubject, [rule("update", "configmaps", { resourceNames: ["a"] })], "dev");
  await grant(server, "scale", { kind: "Group", name: "scalers" }, [rule("update", "*/scale", { apiGroups: ["*"] })]);
  await grant(server, "paths", janeSubject, [{ verbs: ["get"], nonResourceURLs: ["/metrics", "/debug/*"] }]);
  await grant(server, "bot", { kind: "ServiceAccount", name: "robot" }, [rule("*", "*")], "ops");
  await server.client.create(RoleBindings, {
    metadata: { name: "viewer", namespace: "ops" },
    roleRef: { kind: "ClusterRole", name: "scale" },
    subjects: [janeSubject],
  });
  const scaler = user("joe", "scalers");
  const table: [UserInfo, string, boolean][] = [
    [jane, "get pods@dev/web", true],
    [jane, "list pods@dev", true],
    [jane, "delete pods@dev/web", false],
    [jane, "list pods@ops", false],
    [jane, "list pods", false],
    [jane, "get pods/log@dev/web", true],
    [jane, "get pods/exec@dev/web", false],
    [jane, "get pods.metrics.k8s.io@dev/web", false],
    [jane, "update configmaps@dev/a", true],
    [jane, "update configmaps@dev/b", false],
    [jane, "update configmaps@dev", false],
    [scaler, "update deployments.apps/scale@dev/web", true],
    [scaler, "update deployments.apps@dev/web", false],
    [scaler, "update deployments.apps/status@dev/web", false],
    [jane, "update deployments.apps/scale@ops/web", true],
    [jane, "update deployments.apps/scale@dev/web", false],
    [jane, "get /metrics", true],
    [jane, "get /debug/pprof/heap", true],
    [jane, "post /metrics", false],
    [jane, "get /metrics/slis", false],
    [robot, "create secrets@ops", true],
    [robot, "create secrets@dev", false],
    [robot, "create deployments.apps@ops", false],
    [robot, "get /openid/v1/jwks", true],
    [jane, "get /openid/v1/jwks", false],
    [jane, "create selfsubjectreviews.authentication.k8s.io", true],
    [jane, "create tokenreviews.authentication.k8s.io", false],
    [user("root", "system:masters"), "impersonate users@/anyone", true],
    [user("system:kube-scheduler"), "create pods/binding@dev/web", true],
    [user("system:kube-proxy"), "watch endpointslices.discovery.k8s.io", true],
    [user("x", "system:nodes"), "list pods", false],
  ];
  for (const [who, what, may] of table) {
    const { verdict } = await server.api.decide(asking(who, what));
    assert.equal(verdict === "allow", may, `${who.name}: ${what}`);
  }
});

test("why, in Kubernetes' words, at once after every change", async () => {
  await using server = await testServer();
  const why = async (who: UserInfo, what: string) => (await server.api.decide(asking(who, what))).reason;
  assert.equal(
    await why(jane, "get /version"),
    'RBAC: allowed by ClusterRoleBinding "system:discovery" of ClusterRole "system:discovery" to Group "system:authenticated"',
  );
  assert.equal(await why(jane, "list pods@default"), undefined);
  await grant(
    server,
    "pods",
    { kind: "ServiceAccount", name: "robot", namespace: "ops" },
    [rule("list", "pods")],
    "default",
  );
  assert.equal(
    await why(robot, "list pods@default"),
    'RBAC: allowed by RoleBinding "pods/default" of Role "pods" to ServiceAccount "robot/ops"',
  );
  await server.client.patch(Roles, { name: "pods", namespace: "default" }, { type: "merge", body: { rules: [] } });
  assert.equal(await why(robot, "list pods@default"), undefined);
  await server.client.delete(Roles, { name: "pods", namespace: "default" });
  assert.equal(await why(robot, "list pods@default"), 'RBAC: role.rbac.authorization.k8s.io "pods" not found');
  await server.client.delete(RoleBindings, { name: "pods", namespace: "default" });
  assert.equal(await why(robot, "list pods@default"), undefined);
});

test("nobody gives away what he does not have", async () => {
  await using server = await testServer();
  const own = rule("create,update,patch", "roles,rolebindings", { apiGroups: ["rbac.authorization.k8s.io"] });
  await grant(server, "own", janeSubject, [own, rule("get,list", "pods"), rule("get", "*/status")], "default");
  const client = server.as(jane);
  const role = (name: string, ...rules: PolicyRule[]) =>
    client.create(Roles, { metadata: { name, namespace: "default" }, rules });
  const bind = (name: string, kind = "ClusterRole") =>
    client.create(RoleBindings, {
      metadata: { name, namespace: "default" },
      roleRef: { kind, name },
      subjects: [{ kind: "User", name: "joe" }],
    });
  const surplus = (noun: string, ...rules: string[]) =>
    `${noun}.rbac.authorization.k8s.io "x" is forbidden: user "jane" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n${rules.join("\n")}`;

  await role("pods", rule("get", "pods", { resourceNames: ["a"] }), rule("get", "services/status"));
  await bind("pods", "Role");
  await assert.rejects(
    role("x", rule("get,delete,patch", "pods"), rule("get", "secrets")),
    refused(
      "Forbidden",
      surplus(
        "roles",
        '{APIGroups:[""], Resources:["pods"], Verbs:["delete" "patch"]}',
        '{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}',
      ),
    ),
  );
  await assert.rejects(
    client.patch(Roles, { namespace: "default", name: "pods" }, { type: "merge", body: { rules: [rule("*", "*")] } }),
    refused("Forbidden", /not currently held:\n\{APIGroups:\[""\], Resources:\["\*"\], Verbs:\["\*"\]\}$/),
  );
  await assert.rejects(bind("cluster-admin"), refused("Forbidden", /not currently held/));
  await assert.rejects(bind("none"), refused("NotFound", 'clusterroles.rbac.authorization.k8s.io "none" not found'));
  // what is in a role already may stay while its labels change
  const powerful = { name: "powerful", namespace: "default" };
  await server.client.create(Roles, { metadata: powerful, rules: [rule("*", "*")] });
  await client.patch(Roles, powerful, { type: "merge", body: { metadata: { labels: { a: "b" } } } });

  const rbac = { apiGroups: ["rbac.authorization.k8s.io"] };
  await grant(
    server,
    "binds",
    janeSubject,
    [rule("bind", "clusterroles", { ...rbac, resourceNames: ["view"] })],
    "default",
  );
  await bind("view");
  await assert.rejects(bind("system:aggregate-to-edit"), refused("Forbidden", /not currently held/));
  await grant(server, "escalates", janeSubject, [rule("escalate", "roles", rbac)], "default");
  await role("x", rule("*", "*"));
});

test("roles made of others are for those who may do everything", async () => {
  await using server = await testServer();
  const own = rule("create", "clusterroles", { apiGroups: ["rbac.authorization.k8s.io"] });
  await grant(server, "own", janeSubject, [own]);
  const aggregate = (name: string) => ({
    metadata: { name },
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: "b" } }] },
  });
  await assert.rejects(
    server.as(jane).create(ClusterRoles, aggregate("x")),
    refused(
      "Forbidden",
      'clusterroles.rbac.authorization.k8s.io "x" is forbidden: must have cluster-admin privileges to use the aggregationRule',
    ),
  );
  await server.client.create(ClusterRoleBindings, {
    metadata: { name: "jane" },
    roleRef: { kind: "ClusterRole", name: "cluster-admin" },
    subjects: [janeSubject],
  });
  await server.as(jane).create(ClusterRoles, aggregate("x"));
});

test("a start brings the roles back that were spoilt, and leaves alone what is marked so", async () => {
  const first = await testServer();
  const { client, storage } = first;
  const before = await client.get(ClusterRoles, { name: "system:kube-dns" });
  assert.deepEqual(before.metadata.labels, { "kubernetes.io/bootstrapping": "rbac-defaults" });
  assert.deepEqual(before.metadata.annotations, { "rbac.authorization.kubernetes.io/autoupdate": "true" });
  const extra = rule("get", "extras");
  await client.update(ClusterRoles, { ...before, rules: [extra] });
  await client.delete(ClusterRoles, { name: "view" });
  const body = { metadata: { annotations: { "rbac.authorization.kubernetes.io/autoupdate": "false" } }, rules: null };
  await client.patch(ClusterRoles, { name: "system:discovery" }, { type: "merge", body });
  await client.patch(ClusterRoleBindings, { name: "system:basic-user" }, { type: "merge", body: { subjects: null } });
  await client.delete(ClusterRoleBindings, { name: "system:volume-scheduler" });
  await client.create(ClusterRoleBindings, {
    metadata: { name: "system:volume-scheduler" },
    roleRef: { kind: "ClusterRole", name: "edit" },
  });
  const revision = await storage.revision();
  await first[Symbol.asyncDispose]();

  await using second = await testServer({ storage });
  const again = second.client;
  const { rules = [] } = await again.get(ClusterRoles, { name: "system:kube-dns" });
  assert.deepEqual(rules[0], extra);
  assert.deepEqual(uncovered(rules, before.rules ?? []), []);
  assert.ok((await again.get(ClusterRoles, { name: "view" })).aggregationRule);
  assert.equal((await again.get(ClusterRoles, { name: "system:discovery" })).rules, undefined);
  const { subjects } = await again.get(ClusterRoleBindings, { name: "system:basic-user" });
  assert.deepEqual(
    subjects?.map(({ name }) => name),
    ["system:authenticated"],
  );
  const { roleRef } = await again.get(ClusterRoleBindings, { name: "system:volume-scheduler" });
  assert.equal(roleRef.name, "system:volume-scheduler");
  const written = (await storage.revision()) - revision;
  assert.equal(written, 5, "nothing else is written");
});
