import assert from "node:assert/strict";
import { test } from "node:test";
import { Deployments } from "#api/apps/v1/deployment.ts";
import { ConfigMaps, Namespaces, Pods, ServiceAccounts } from "#api/catalog.ts";
import { isNotFound } from "#api/meta/api-error.ts";
import { testCluster } from "#testing/test-cluster.ts";
import { bare, web } from "./cluster.fixture.ts";

const name = "team";
const inTeam = <O extends { metadata?: object }>(object: O): O => ({
  ...object,
  metadata: { ...object.metadata, namespace: name },
});

test("every namespace gets its account and the certificate of the server, and gets them again", async () => {
  await using cluster = await testCluster({ controllers: { caPem: "PEM" } });
  const { client } = cluster;
  await client.create(Namespaces, { metadata: { name } });
  await cluster.settle();
  const ca = { namespace: name, name: "kube-root-ca.crt" };
  assert.deepEqual((await client.get(ConfigMaps, ca)).data, { "ca.crt": "PEM" });
  await client.delete(ServiceAccounts, { namespace: name, name: "default" });
  await client.patch(ConfigMaps, ca, { type: "merge", body: { data: { "ca.crt": "forged", more: "x" } } });
  await cluster.settle();
  assert.ok(await client.get(ServiceAccounts, { namespace: name, name: "default" }));
  assert.deepEqual((await client.get(ConfigMaps, ca)).data, { "ca.crt": "PEM" });
});

test("a namespace goes with all that is in it", async () => {
  await using cluster = await testCluster({ controllers: { caPem: "PEM" } });
  const { client } = cluster;
  await client.create(Namespaces, { metadata: { name } });
  await client.create(Deployments, inTeam(web(3)));
  await cluster.settle();
  assert.equal((await client.list(Pods, { namespace: name })).items.length, 3);
  await client.delete(Namespaces, { name });
  await cluster.settle();
  await assert.rejects(client.get(Namespaces, { name }), isNotFound);
  for (const resource of [Pods, Deployments, ConfigMaps, ServiceAccounts]) {
    assert.equal((await client.list(resource, { namespace: name })).items.length, 0, resource.plural);
  }
});

test("it waits for whoever holds something back, says so, and lets nothing new in", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  await client.create(Namespaces, { metadata: { name } });
  await client.create(ConfigMaps, { metadata: { name: "held", namespace: name, finalizers: ["test/held"] } });
  await client.create(Pods, inTeam(bare("slow")));
  await cluster.settle();
  await client.patch(
    Pods,
    { namespace: name, name: "slow" },
    { type: "merge", body: { metadata: { finalizers: ["test/pod"] } } },
  );
  await client.delete(Namespaces, { name });
  await cluster.settle();
  const says = async (type: string) => {
    const { status } = await client.get(Namespaces, { name });
    const { status: value, message } = status?.conditions?.find((condition) => condition.type === type) ?? {};
    return [status?.phase, value, message];
  };
  assert.deepEqual(await says("NamespaceContentRemaining"), [
    "Terminating",
    "True",
    "Some resources are remaining: pods. has 1 resource instances",
  ]);
  assert.ok(await client.get(ConfigMaps, { namespace: name, name: "held" }), "pods go first");
  await assert.rejects(
    client.create(ConfigMaps, { metadata: { name: "late", namespace: name } }),
    /because it is being terminated/,
  );
  await client.patch(
    Pods,
    { namespace: name, name: "slow" },
    { type: "merge", body: { metadata: { finalizers: null } } },
  );
  await cluster.settle();
  assert.deepEqual(await says("NamespaceFinalizersRemaining"), [
    "Terminating",
    "True",
    "Some content in the namespace has finalizers remaining: test/held in 1 resource instances",
  ]);
  await client.patch(
    ConfigMaps,
    { namespace: name, name: "held" },
    { type: "merge", body: { metadata: { finalizers: null } } },
  );
  await cluster.settle();
  await assert.rejects(client.get(Namespaces, { name }), isNotFound);
});
