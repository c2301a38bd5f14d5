import assert from "node:assert/strict";
import { test } from "node:test";
import { Pods } from "#api/catalog.ts";
import { isNotFound } from "#api/meta/api-error.ts";
import { NodeMetricsResource } from "#api/metrics/v1beta1/node-metrics.ts";
import { PodMetricsResource } from "#api/metrics/v1beta1/pod-metrics.ts";
import { testCluster } from "./test-cluster.ts";

const load = (cpu: string, memory: string) => ({
  "simulated.minik8s.io/cpu": cpu,
  "simulated.minik8s.io/memory": memory,
});
const podUnderLoad = (name: string, cpu: string, memory: string) => ({
  metadata: { name, namespace: "default", labels: { app: name }, annotations: load(cpu, memory) },
  spec: { containers: [{ name: "main", image: "x" }] },
});

test("what pods and nodes use can be read, by selector and by name, and follows the load", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  await client.create(Pods, podUnderLoad("web", "250m", "64Mi"));
  await client.create(Pods, podUnderLoad("idle", "0", "1Mi"));
  await cluster.settle();
  const before = await client.list(PodMetricsResource, { namespace: "default" });
  assert.deepEqual(before.items, [], "nothing is known of what has just started");
  await cluster.advance(30_000);
  const { items } = await client.list(PodMetricsResource, { namespace: "default", labelSelector: "app=web" });
  assert.deepEqual(
    items.map(({ metadata, window, containers }) => [metadata.name, metadata.labels, window, containers]),
    [["web", { app: "web" }, "10s", [{ name: "main", usage: { cpu: "250m", memory: "64Mi" } }]]],
  );
  await client.patch(
    Pods,
    { namespace: "default", name: "web" },
    { type: "merge", body: { metadata: { annotations: load("1500m", "1Gi") } } },
  );
  await cluster.advance(30_000);
  const web = await client.get(PodMetricsResource, { namespace: "default", name: "web" });
  assert.deepEqual(web.containers[0]?.usage, { cpu: "1500m", memory: "1Gi" });
  const node = await client.get(NodeMetricsResource, { name: "node-1" });
  assert.deepEqual(node.usage, { cpu: "1500m", memory: "1025Mi" });
  await assert.rejects(client.get(PodMetricsResource, { namespace: "default", name: "gone" }), isNotFound);
  await assert.rejects(client.delete(PodMetricsResource, { namespace: "default", name: "web" }), /does not allow/);
});

test("a node that is silent for long has no figures, and has them again when it is back", async () => {
  await using cluster = await testCluster({ nodes: 2 });
  const names = async () => (await cluster.client.list(NodeMetricsResource)).items.map(({ metadata }) => metadata.name);
  await cluster.advance(20_000);
  assert.deepEqual(await names(), ["node-1", "node-2"]);
  cluster.nodes[1]?.fall();
  await cluster.advance(90_000);
  assert.deepEqual(await names(), ["node-1"]);
  cluster.nodes[1]?.rise();
  await cluster.advance(30_000);
  assert.deepEqual(await names(), ["node-1", "node-2"]);
});
