import assert from "node:assert/strict";
import { test } from "node:test";
import { Deployments } from "#api/apps/v1/deployment.ts";
import { EndpointSlices, EndpointsResource, Pods, Services } from "#api/catalog.ts";
import type { Client } from "#client/client.ts";
import { testCluster } from "#testing/test-cluster.ts";
import { bare, namespace, patchSpec, web } from "./cluster.fixture.ts";

const key = { namespace, name: "web" };
const service = {
  metadata: { name: "web", namespace },
  spec: { selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }] },
};

async function seen(client: Client) {
  const slices = (await client.list(EndpointSlices, { namespace })).items;
  const endpoints = slices.flatMap((slice) => slice.endpoints ?? []);
  const { subsets = [] } = await client.get(EndpointsResource, key);
  return {
    slices: slices.length,
    ready: endpoints.filter((each) => each.conditions?.ready).length,
    terminating: endpoints.filter((each) => each.conditions?.terminating).length,
    addresses: subsets.flatMap((subset) => subset.addresses ?? []).length,
    notReady: subsets.flatMap((subset) => subset.notReadyAddresses ?? []).length,
  };
}

test("endpoints follow the pods of a Service", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  const { metadata } = await client.create(Services, service);
  await client.create(Deployments, web(3));
  await cluster.settle();
  assert.deepEqual(await seen(client), { slices: 1, ready: 3, terminating: 0, addresses: 3, notReady: 0 });
  const [slice] = (await client.list(EndpointSlices, { namespace })).items;
  assert.match(slice?.metadata.name ?? "", /^web-[a-z0-9]{5}$/);
  assert.deepEqual(slice?.metadata.ownerReferences?.[0], {
    apiVersion: "v1",
    kind: "Service",
    name: "web",
    uid: metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  });
  await patchSpec(client, { replicas: 1 });
  await cluster.settle();
  assert.deepEqual(await seen(client), { slices: 1, ready: 1, terminating: 0, addresses: 1, notReady: 0 });
});

test("a pod that leaves shows as terminating in slices and nowhere in Endpoints", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  await client.create(Services, service);
  const slow = bare("slow");
  const annotations = { "simulated.minik8s.io/stop-after": "20s" };
  await client.create(Pods, { ...slow, metadata: { ...slow.metadata, annotations } });
  await cluster.settle();
  await client.delete(Pods, { namespace, name: "slow" });
  await cluster.settle();
  const [slice] = (await client.list(EndpointSlices, { namespace })).items;
  assert.deepEqual(slice?.endpoints?.[0]?.conditions, { ready: false, serving: true, terminating: true });
  assert.deepEqual(await seen(client), { slices: 1, ready: 0, terminating: 1, addresses: 0, notReady: 0 });
  await cluster.advance(20_000);
  assert.deepEqual(await seen(client), { slices: 1, ready: 0, terminating: 0, addresses: 0, notReady: 0 });
});

test("a pod whose label changes leaves the Service", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  await client.create(Services, service);
  await client.create(Pods, bare("a"));
  await cluster.settle();
  await client.patch(
    Pods,
    { namespace, name: "a" },
    { type: "merge", body: { metadata: { labels: { app: "other" } } } },
  );
  await cluster.settle();
  assert.deepEqual(await seen(client), { slices: 1, ready: 0, terminating: 0, addresses: 0, notReady: 0 });
});

test("pods that are not ready are told apart", async () => {
  await using cluster = await testCluster({ fate: () => "notReady" });
  const { client } = cluster;
  await client.create(Services, service);
  await client.create(Pods, bare("a"));
  await cluster.settle();
  assert.deepEqual(await seen(client), { slices: 1, ready: 0, terminating: 0, addresses: 0, notReady: 1 });
});

test("what an author wrote for a Service without selector is left alone", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  await client.create(Services, { ...service, spec: { ports: [{ port: 80 }] } });
  const subsets = [{ addresses: [{ ip: "192.0.2.1" }], ports: [{ port: 80 }] }];
  await client.create(EndpointsResource, { metadata: { name: "web", namespace }, subsets });
  await cluster.settle();
  assert.equal((await client.get(EndpointsResource, key)).subsets?.[0]?.addresses?.[0]?.ip, "192.0.2.1");
  assert.equal((await client.list(EndpointSlices, { namespace })).items.length, 0);
});

test("with the Service both kinds go; a slice that somebody deletes comes back", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  await client.create(Services, service);
  await cluster.settle();
  const [slice] = (await client.list(EndpointSlices, { namespace })).items;
  await client.delete(EndpointSlices, slice!.metadata);
  await cluster.settle();
  assert.equal((await client.list(EndpointSlices, { namespace })).items.length, 1);
  await client.delete(Services, key);
  await cluster.settle();
  assert.equal((await client.list(EndpointSlices, { namespace })).items.length, 0);
  assert.equal((await client.list(EndpointsResource, { namespace })).items.length, 0);
});
