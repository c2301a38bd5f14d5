import assert from "node:assert/strict";
import { test } from "node:test";
import { Deployments } from "#api/apps/v1/deployment.ts";
import { Nodes, Pods } from "#api/catalog.ts";
import { testCluster } from "#testing/test-cluster.ts";
import { bare, deploymentNow, pods, web } from "./cluster.fixture.ts";

test("pods of a node that was deleted go after a while, and are replaced", async () => {
  await using cluster = await testCluster({ nodes: 2 });
  const { client } = cluster;
  await client.create(Deployments, web(4));
  await cluster.settle();
  const [lost] = cluster.nodes;
  lost?.fall();
  await client.delete(Nodes, { name: lost?.name ?? "" });
  await cluster.advance(30_000);
  const onLost = async () => (await pods(client)).filter(({ spec }) => spec.nodeName === lost?.name);
  assert.equal((await onLost()).length, 2, "the node may be about to come back");
  await cluster.advance(15_000);
  assert.equal((await onLost()).length, 0);
  assert.equal((await deploymentNow(client)).status?.availableReplicas, 4);
});

test("ended pods past the threshold go, the oldest first", async () => {
  await using cluster = await testCluster({
    fate: () => "succeeded",
    controllers: { podGc: { terminatedThreshold: 2 } },
  });
  const { client } = cluster;
  for (const name of ["first", "second", "third", "fourth"]) {
    await client.create(Pods, bare(name));
    await cluster.advance(1000);
  }
  await cluster.advance(25_000);
  assert.deepEqual((await pods(client)).map(({ metadata }) => metadata.name).toSorted(), ["fourth", "third"]);
});
