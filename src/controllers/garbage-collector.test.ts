import assert from "node:assert/strict";
import { test } from "node:test";
import { Deployments } from "#api/apps/v1/deployment.ts";
import { ConfigMaps, Namespaces, Nodes, Pods, ReplicaSets, Secrets } from "#api/catalog.ts";
import { isNotFound } from "#api/meta/api-error.ts";
import type { KubeObject, OwnerReference } from "#api/meta/object-meta.ts";
import type { Resource } from "#api/resource.ts";
import type { Client } from "#client/client.ts";
import { testCluster } from "#testing/test-cluster.ts";
import { eventsAbout, namespace, web } from "./cluster.fixture.ts";

const ownedBy = (owner: KubeObject, blockOwnerDeletion = false): OwnerReference => ({
  apiVersion: owner.apiVersion,
  kind: owner.kind,
  name: owner.metadata.name,
  uid: owner.metadata.uid,
  ...(blockOwnerDeletion && { blockOwnerDeletion }),
});

const configMap = (client: Client, name: string, ...ownerReferences: OwnerReference[]) =>
  client.create(ConfigMaps, { metadata: { name, namespace, ...(ownerReferences.length > 0 && { ownerReferences }) } });

/** Every namespace has it. */
const rootCa = "kube-root-ca.crt";

async function names(client: Client, resource: Resource = ConfigMaps): Promise<string[]> {
  const { items } = await client.list(resource, { namespace });
  return items.map(({ metadata }) => metadata.name).filter((name) => name !== rootCa);
}

test("in the background a whole tree goes, from the root down", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  await client.create(Deployments, web(3));
  await cluster.settle();
  await client.delete(Deployments, { namespace, name: "web" });
  await cluster.settle();
  assert.deepEqual([await names(client, ReplicaSets), await names(client, Pods)], [[], []]);
});

test("in the foreground the root is the last to go", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  await client.create(Deployments, web(2));
  await cluster.settle();
  const [pod] = (await client.list(Pods, { namespace })).items;
  await client.patch(Pods, pod!.metadata, { type: "merge", body: { metadata: { finalizers: ["test/held"] } } });
  await client.delete(Deployments, { namespace, name: "web" }, { propagationPolicy: "Foreground" });
  await cluster.settle();
  const root = await client.get(Deployments, { namespace, name: "web" });
  assert.deepEqual(root.metadata.finalizers, ["foregroundDeletion"]);
  assert.ok(root.metadata.deletionTimestamp);
  assert.equal((await names(client, ReplicaSets)).length, 1);
  assert.deepEqual(await names(client, Pods), [pod?.metadata.name]);
  await client.patch(Pods, pod!.metadata, { type: "merge", body: { metadata: { finalizers: null } } });
  await cluster.settle();
  assert.deepEqual(
    [await names(client, Deployments), await names(client, ReplicaSets), await names(client, Pods)],
    [[], [], []],
  );
});

test("only those that say so block; others go afterwards", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  const owner = await configMap(client, "owner");
  const held = await configMap(client, "held", ownedBy(owner));
  await client.patch(ConfigMaps, held.metadata, { type: "merge", body: { metadata: { finalizers: ["test/held"] } } });
  await cluster.settle();
  await client.delete(ConfigMaps, owner.metadata, { propagationPolicy: "Foreground" });
  await cluster.settle();
  assert.deepEqual(await names(client), ["held"]);
  assert.ok((await client.get(ConfigMaps, held.metadata)).metadata.deletionTimestamp);
});

test("orphaned dependents stay, without the owner", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  await client.create(Deployments, web(2));
  await cluster.settle();
  await client.delete(Deployments, { namespace, name: "web" }, { propagationPolicy: "Orphan" });
  await cluster.settle();
  const [rs] = (await client.list(ReplicaSets, { namespace })).items;
  assert.equal(rs?.metadata.ownerReferences, undefined);
  assert.equal((await names(client, Pods)).length, 2);
});

test("one owner of several that goes is taken off, the last one takes the object along", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  const a = await configMap(client, "a");
  const b = await configMap(client, "b");
  const child = await configMap(client, "child", ownedBy(a), ownedBy(b));
  await client.delete(ConfigMaps, a.metadata);
  await cluster.settle();
  const { metadata } = await client.get(ConfigMaps, child.metadata);
  assert.deepEqual(
    metadata.ownerReferences?.map(({ name }) => name),
    ["b"],
  );
  await client.delete(ConfigMaps, b.metadata);
  await cluster.settle();
  assert.deepEqual(await names(client), []);
});

test("an object whose owner never was, or is another one of that name, goes", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  const owner = await configMap(client, "owner");
  await configMap(client, "stranger", { ...ownedBy(owner), uid: "11111111-1111-1111-1111-111111111111" });
  await configMap(client, "child", ownedBy(owner));
  await cluster.settle();
  assert.deepEqual(await names(client), ["child", "owner"]);
});

test("an owner in another namespace is none, and that is told", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  await client.create(Namespaces, { metadata: { name: "other" } });
  const owner = await client.create(ConfigMaps, { metadata: { name: "owner", namespace: "other" } });
  await configMap(client, "child", ownedBy(owner));
  await cluster.settle();
  assert.deepEqual(await names(client), []);
  assert.match(
    (await eventsAbout(client, "ConfigMap", "child"))[0] ?? "",
    /^OwnerRefInvalidNamespace: ownerRef .* does not exist in namespace "default"$/,
  );
});

test("what cannot be told is left alone: unknown kinds, and namespaced owners of cluster-wide objects", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  await configMap(client, "child", {
    apiVersion: "example.com/v1",
    kind: "Widget",
    name: "w",
    uid: "22222222-2222-2222-2222-222222222222",
  });
  const owner = await configMap(client, "owner");
  await client.create(Nodes, { metadata: { name: "odd", ownerReferences: [ownedBy(owner)] } });
  await client.delete(ConfigMaps, owner.metadata);
  await cluster.settle();
  assert.deepEqual(await names(client), ["child"]);
  assert.ok(await client.get(Nodes, { name: "odd" }));
});

test("cluster-wide owners take namespaced objects along", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  const node = await client.create(Nodes, { metadata: { name: "short-lived" } });
  await client.create(Secrets, { metadata: { name: "of-node", namespace, ownerReferences: [ownedBy(node)] } });
  await client.delete(Nodes, { name: "short-lived" });
  await cluster.settle();
  assert.deepEqual(await names(client, Secrets), []);
});

test("a circle of blocking owners is opened by a foreground deletion", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  const a = await configMap(client, "a");
  const b = await configMap(client, "b", ownedBy(a, true));
  const ownerReferences = [ownedBy(b, true)];
  await client.patch(ConfigMaps, a.metadata, { type: "merge", body: { metadata: { ownerReferences } } });
  await client.delete(ConfigMaps, a.metadata, { propagationPolicy: "Foreground" });
  await cluster.settle();
  assert.deepEqual(await names(client), []);
});

test("a long chain goes", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  let last = await configMap(client, "link-0");
  for (let i = 1; i < 30; i++) last = await configMap(client, `link-${i}`, ownedBy(last, true));
  await client.delete(ConfigMaps, { namespace, name: "link-0" }, { propagationPolicy: "Foreground" });
  await cluster.settle();
  assert.deepEqual(await names(client), []);
  await assert.rejects(client.get(ConfigMaps, last.metadata), isNotFound);
});
