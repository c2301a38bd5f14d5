import assert from "node:assert/strict";
import { test } from "node:test";
import { Nodes, Pods, ServiceAccounts } from "#api/catalog.ts";
import { testCluster } from "./test-cluster.ts";

test("is ready at once, and leaves nothing behind", async () => {
  const before = process.getActiveResourcesInfo().length;
  const cluster = await testCluster({ nodes: 2 });
  await cluster.settle();
  assert.deepEqual(
    (await cluster.client.list(Nodes)).items.map(({ metadata }) => metadata.name),
    ["node-1", "node-2"],
  );
  assert.ok(await cluster.client.get(ServiceAccounts, { namespace: "default", name: "default" }));
  await cluster.stop();
  assert.equal(cluster.clock.pending, 0, "no timer is left");
  assert.equal(process.getActiveResourcesInfo().length, before);
});

for (const options of [{ http: true }, { storage: "lmdb:" }]) {
  test(`the same over ${JSON.stringify(options)}`, async () => {
    await using cluster = await testCluster(options);
    const { client } = cluster;
    await client.create(Pods, {
      metadata: { name: "a", namespace: "default" },
      spec: { containers: [{ name: "main", image: "i" }] },
    });
    await cluster.settle();
    const pod = await client.get(Pods, { namespace: "default", name: "a" });
    assert.deepEqual([pod.spec.nodeName, pod.status?.phase], ["node-1", "Running"]);
  });
}

test("a test that asks for a kubeconfig without an HTTP port is told so", async () => {
  await using cluster = await testCluster({ nodes: 0 });
  assert.throws(() => cluster.kubeconfig, /http: true/);
});
