import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigMaps, Leases, Namespaces, Nodes, Pods, ServiceAccounts } from "#api/catalog.ts";
import type { UserInfo } from "#client/transport.ts";
import { FakeClock } from "#testing/fake-clock.ts";
import { configMap, pod, refused, testServer } from "../test-server.ts";

const node: UserInfo = { name: "system:node:n", groups: ["system:nodes", "system:authenticated"] };

test("a pod gets its account, its account's secrets, its priority and five minutes on a lost node", async () => {
  await using server = await testServer();
  const { client } = server;
  await client.create(ServiceAccounts, {
    metadata: { namespace: "default", name: "builder" },
    imagePullSecrets: [{ name: "registry" }],
  });
  const plain = await client.create(Pods, pod("plain"));
  assert.deepEqual(
    [plain.spec.serviceAccountName, plain.spec.serviceAccount, plain.spec.priority, plain.spec.preemptionPolicy],
    ["default", "default", 0, "PreemptLowerPriority"],
  );
  assert.deepEqual(
    plain.spec.tolerations,
    ["not-ready", "unreachable"].map((taint) => ({
      key: `node.kubernetes.io/${taint}`,
      operator: "Exists",
      effect: "NoExecute",
      tolerationSeconds: 300,
    })),
  );
  const tolerant = [{ operator: "Exists" as const }];
  const built = await client.create(
    Pods,
    pod("built", { serviceAccountName: "builder", tolerations: tolerant, priorityClassName: "system-node-critical" }),
  );
  assert.deepEqual(
    [built.spec.imagePullSecrets, built.spec.tolerations, built.spec.priority],
    [[{ name: "registry" }], tolerant, 2_000_001_000],
  );
  await assert.rejects(
    client.create(Pods, pod("nobody", { serviceAccountName: "none" })),
    refused(
      "Forbidden",
      'pods "nobody" is forbidden: error looking up service account default/none: serviceaccount "none" not found',
    ),
  );
  await assert.rejects(
    client.create(Pods, pod("vip", { priorityClassName: "gold" })),
    refused("Forbidden", 'pods "vip" is forbidden: no PriorityClass with name gold was found'),
  );
});

test("the default account of a new namespace is waited for, not forever", async () => {
  const clock = new FakeClock(() => new Promise(setImmediate));
  await using server = await testServer({ clock });
  const { client } = server;
  await client.create(Namespaces, { metadata: { name: "team" } });
  const create = (name: string) => client.create(Pods, { ...pod(name), metadata: { namespace: "team", name } });
  const late = create("late");
  const outcome = late.then(
    () => "made",
    (error: Error) => error.message,
  );
  await clock.advance(3_000);
  assert.match(await outcome, /error looking up service account team\/default/);
  const waiting = create("waiting");
  await client.create(ServiceAccounts, { metadata: { namespace: "team", name: "default" } });
  assert.equal((await waiting).spec.serviceAccountName, "default");
  assert.equal(clock.pending, 1, "only the expiry of events waits");
});

test("a node writes about itself alone", async () => {
  await using server = await testServer();
  const { client } = server;
  const agent = server.as(node);
  const labels = { "kubernetes.io/hostname": "n", "example.com/zone": "a", "node.kubernetes.io/x": "y" };
  const made = await agent.create(Nodes, {
    metadata: { name: "n", labels },
    spec: { taints: [{ key: "new", effect: "NoSchedule" }] },
  });
  await assert.rejects(
    agent.create(Nodes, { metadata: { name: "m" } }),
    refused("Forbidden", 'nodes "m" is forbidden: node "n" is not allowed to modify node "m"'),
  );
  const patch = (body: object) => agent.patch(Nodes, { name: "n" }, { type: "merge", body });
  await assert.rejects(
    patch({ metadata: { labels: { "node-restriction.kubernetes.io/team": "a", "foo.k8s.io/b": "c" } } }),
    refused(
      "Forbidden",
      'nodes "n" is forbidden: is not allowed to modify labels: foo.k8s.io/b, node-restriction.kubernetes.io/team',
    ),
  );
  await assert.rejects(patch({ spec: { taints: null } }), refused("Forbidden", /not allowed to modify taints$/));
  await patch({ metadata: { labels: { "example.com/zone": "b" } } });
  await agent.updateStatus(Nodes, { ...made, metadata: { name: "n" }, status: { capacity: { cpu: "1" } } });
  await agent.create(Leases, { metadata: { namespace: "kube-node-lease", name: "n" }, spec: { holderIdentity: "n" } });
  await assert.rejects(
    agent.create(Leases, { metadata: { namespace: "kube-node-lease", name: "m" } }),
    refused("Forbidden"),
  );
  await assert.rejects(
    agent.create(Pods, pod("rogue", { nodeName: "n" })),
    refused(
      "Forbidden",
      /pod does not have "kubernetes\.io\/config\.mirror" annotation, node "n" can only create mirror pods$/,
    ),
  );
  const mirror = { namespace: "default", name: "static", annotations: { "kubernetes.io/config.mirror": "hash" } };
  await agent.create(Pods, { ...pod("static", { nodeName: "n" }), metadata: mirror });
  await client.delete(Nodes, { name: "n" });
});

test("events go an hour after they were written last", async () => {
  const clock = new FakeClock(async () => {
    for (let i = 0; i < 3; i++) await new Promise(setImmediate);
  });
  const { Events } = await import("#api/catalog.ts");
  await using server = await testServer({ clock });
  const { client } = server;
  const event = (name: string) => ({
    metadata: { namespace: "default", name },
    involvedObject: { kind: "Pod", namespace: "default", name: "p" },
    reason: "Pulled",
    type: "Normal",
  });
  for (const name of ["once", "often"]) await client.create(Events, event(name));
  await client.create(ConfigMaps, configMap("stays"));
  await clock.advance(50 * 60_000);
  await client.patch(Events, { namespace: "default", name: "often" }, { type: "merge", body: { count: 2 } });
  await clock.advance(11 * 60_000);
  const names = async () => (await client.list(Events)).items.map(({ metadata }) => metadata.name);
  assert.deepEqual(await names(), ["often"]);
  await clock.advance(50 * 60_000);
  assert.deepEqual(await names(), []);
  assert.ok(await client.get(ConfigMaps, { namespace: "default", name: "stays" }));
});
