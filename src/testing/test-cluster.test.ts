import assert from "node:assert/strict";
import { test } from "node:test";
import { Nodes, ServiceAccounts } from "#api/catalog.ts";
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
