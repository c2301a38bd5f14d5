import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ClusterRoles,
  ConfigMaps,
  Leases,
  Namespaces,
  Nodes,
  Pods,
  RoleBindings,
  Roles,
  Secrets,
  ServiceAccounts,
} from "#api/catalog.ts";
import type { ApiRequest, UserInfo } from "#client/transport.ts";
import { pod, refused, type TestServer, testServer } from "../test-server.ts";

const thief: UserInfo = { name: "system:node:mine", groups: ["system:nodes", "system:authenticated"] };

/** Two nodes with a pod each, whose accounts, secrets and config maps are their own. */
async function cluster(): Promise<TestServer> {
  const server = await testServer();
  const { client } = server;
  const named = (name: string) => ({ metadata: { name, namespace: "default" } });
  for (const owner of ["mine", "theirs"]) {
    await client.create(Nodes, { metadata: { name: owner } });
    await client.create(ServiceAccounts, named(owner));
    await client.create(Secrets, named(owner));
    await client.create(ConfigMaps, named(owner));
    const volumes = [
      { name: "s", secret: { secretName: owner } },
      { name: "c", configMap: { name: owner } },
    ];
    await client.create(Pods, pod(owner, { nodeName: owner, serviceAccountName: owner, volumes }));
    const lease = { name: owner, namespace: "kube-node-lease" };
    await client.create(Leases, { metadata: lease, spec: { holderIdentity: owner } });
  }
  await client.create(Secrets, named("nobodys"));
  await client.create(ConfigMaps, named("kube-root-ca.crt"));
  return server;
}

const inDefault = { namespace: "default" };
const patch = { type: "merge", body: { metadata: { labels: { stolen: "yes" } } } } as const;
const grace = { deleteOptions: { gracePeriodSeconds: 0 } };

/** What a node may ask about what is its own; the same about another node's is refused. */
const own: readonly [what: string, request: (name: string) => Omit<ApiRequest, "user">][] = [
  ["its node", (name) => ({ verb: "get", resource: Nodes, name })],
  [
    "the status of its node",
    (name) => ({
      verb: "patch",
      resource: Nodes,
      name,
      subresource: "status",
      patch: { type: "merge", body: { status: { phase: "Running" } } },
    }),
  ],
  ["its lease", (name) => ({ verb: "get", resource: Leases, namespace: "kube-node-lease", name })],
  [
    "the write of its lease",
    (name) => ({
      verb: "patch",
      resource: Leases,
      namespace: "kube-node-lease",
      name,
      patch: { type: "merge", body: { spec: { leaseDurationSeconds: 9 } } },
    }),
  ],
  ["its pod", (name) => ({ verb: "get", resource: Pods, ...inDefault, name })],
  ["its pods", (name) => ({ verb: "list", resource: Pods, options: { fieldSelector: `spec.nodeName=${name}` } })],
  [
    "the status of its pod",
    (name) => ({
      verb: "patch",
      resource: Pods,
      ...inDefault,
      name,
      subresource: "status",
      patch: { type: "merge", body: { status: { phase: "Running" } } },
    }),
  ],
  ["its pod's secret", (name) => ({ verb: "get", resource: Secrets, ...inDefault, name })],
  ["its pod's config map", (name) => ({ verb: "get", resource: ConfigMaps, ...inDefault, name })],
  ["its pod's account", (name) => ({ verb: "get", resource: ServiceAccounts, ...inDefault, name })],
  ["the end of its pod", (name) => ({ verb: "delete", resource: Pods, ...inDefault, name, ...grace })],
];

/** What no node may do, to nothing. */
const never: readonly [what: string, request: Omit<ApiRequest, "user">][] = [
  ["all secrets", { verb: "list", resource: Secrets, ...inDefault }],
  ["a secret no pod of the node has", { verb: "get", resource: Secrets, ...inDefault, name: "nobodys" }],
  ["all pods", { verb: "list", resource: Pods }],
  ["a change of its own pod", { verb: "patch", resource: Pods, ...inDefault, name: "mine", patch }],
  ["a write to a secret of its own pod", { verb: "patch", resource: Secrets, ...inDefault, name: "mine", patch }],
  ["the deletion of a node", { verb: "delete", resource: Nodes, name: "theirs" }],
  ["the deletion of itself", { verb: "delete", resource: Nodes, name: "mine" }],
  ["a new pod", { verb: "create", resource: Pods, ...inDefault, object: pod("new", { nodeName: "mine" }) }],
  ["another node", { verb: "create", resource: Nodes, object: { metadata: { name: "third" } } }],
  ["a namespace", { verb: "create", resource: Namespaces, object: { metadata: { name: "x" } } }],
  ["a role", { verb: "create", resource: Roles, ...inDefault, object: { metadata: { name: "x" } } }],
  ["the roles of the cluster", { verb: "list", resource: ClusterRoles }],
  [
    "a role for itself",
    {
      verb: "create",
      resource: RoleBindings,
      ...inDefault,
      object: {
        metadata: { name: "x" },
        roleRef: { kind: "ClusterRole", name: "cluster-admin" },
        subjects: [{ kind: "User", name: thief.name }],
      },
    },
  ],
  [
    "a token of an account",
    {
      verb: "create",
      resource: ServiceAccounts,
      ...inDefault,
      name: "mine",
      subresource: "token",
      object: { spec: {} },
    },
  ],
  [
    "a token of another node's pod",
    {
      verb: "create",
      resource: ServiceAccounts,
      ...inDefault,
      name: "theirs",
      subresource: "token",
      object: { spec: { boundObjectRef: { apiVersion: "v1", kind: "Pod", name: "theirs" } } },
    },
  ],
  [
    "labels that others choose nodes by",
    {
      verb: "patch",
      resource: Nodes,
      name: "mine",
      patch: { type: "merge", body: { metadata: { labels: { "node-restriction.kubernetes.io/a": "b" } } } },
    },
  ],
  [
    "its taints",
    {
      verb: "patch",
      resource: Nodes,
      name: "mine",
      patch: { type: "merge", body: { spec: { taints: [{ key: "a", effect: "NoSchedule" }] } } },
    },
  ],
];

test("with a node's certificate one gets at that node's pods and at nothing else", async () => {
  await using server = await cluster();
  const { api } = server;
  const before = await server.client.get(Pods, { namespace: "default", name: "theirs" });
  for (const [what, request] of own) {
    await assert.rejects(api.dispatch({ ...request("theirs"), user: thief }), refused("Forbidden"), `not ${what}`);
  }
  for (const [what, request] of never) {
    await assert.rejects(api.dispatch({ ...request, user: thief }), refused("Forbidden"), what);
  }
  assert.deepEqual(await server.client.get(Pods, { namespace: "default", name: "theirs" }), before);
  for (const [what, request] of own) {
    await assert.doesNotReject(api.dispatch({ ...request("mine"), user: thief }), what);
  }
  // with its pod went the right to what the pod referred to
  await assert.rejects(
    api.dispatch({ verb: "get", resource: Secrets, ...inDefault, name: "mine", user: thief }),
    refused("Forbidden", /no relationship found between node 'mine' and this object$/),
  );
});

test("a node that names another one in its certificate's groups alone is none", async () => {
  await using server = await cluster();
  for (const user of [
    { name: "system:node:mine", groups: ["system:authenticated"] },
    { name: "mine", groups: ["system:nodes", "system:authenticated"] },
    { name: "system:node:", groups: ["system:nodes", "system:authenticated"] },
  ]) {
    const request = { verb: "get", resource: Pods, ...inDefault, name: "mine", user } as const;
    await assert.rejects(server.api.dispatch(request), refused("Forbidden"));
  }
});
