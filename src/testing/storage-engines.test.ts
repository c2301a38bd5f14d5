import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Deployments, Pods, ReplicaSets } from "#api/catalog.ts";
import { type EtcdCluster, missing, startEtcd } from "../../test/support/engines.ts";
import { type TestCluster, testCluster } from "./test-cluster.ts";

const labels = { app: "web" };
const web = (image: string, replicas: number) => ({
  metadata: { namespace: "default", name: "web" },
  spec: {
    replicas,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: "c", image }] } },
  },
});

/** A deployment's life, and what is left of it. */
async function rollout({ client, settle }: TestCluster): Promise<void> {
  const running = async () =>
    (await client.list(Pods)).items.filter(({ status }) => status?.phase === "Running").length;
  const key = { namespace: "default", name: "web" };
  await client.create(Deployments, web("i:1", 3));
  await settle();
  assert.equal(await running(), 3);
  await client.patch(Deployments, key, { type: "merge", body: web("i:2", 5) });
  await settle();
  assert.equal(await running(), 5);
  assert.equal((await client.get(Deployments, key)).status?.updatedReplicas, 5);
  assert.equal((await client.list(ReplicaSets)).items.length, 2);
  await client.delete(Deployments, key);
  await settle();
  assert.equal((await client.list(ReplicaSets)).items.length, 0);
  assert.equal((await client.list(Pods)).items.length, 0);
}

for (const storage of ["memory:", "lmdb:"]) {
  test(`a rollout on ${storage}`, async () => {
    await using cluster = await testCluster({ nodes: 2, storage });
    await rollout(cluster);
  });
}

describe("on etcd", { skip: missing("etcd") }, () => {
  let etcd: EtcdCluster;
  let stores = 0;
  before(async () => {
    etcd = await startEtcd();
  });
  after(() => etcd[Symbol.asyncDispose]());
  const place = () => `${etcd.url}/store-${stores++}`;

  test("a rollout", async () => {
    await using cluster = await testCluster({ nodes: 2, storage: place() });
    await rollout(cluster);
  });
});
