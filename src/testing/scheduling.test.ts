import assert from "node:assert/strict";
import { test } from "node:test";
import { Events, Nodes, Pods, PriorityClasses } from "#api/catalog.ts";
import { testCluster } from "./test-cluster.ts";

const namespace = "default";
const hungry = (name: string, cpu: string, spec: object = {}) => ({
  metadata: { name, namespace },
  spec: { containers: [{ name: "main", image: "x", resources: { requests: { cpu } } }], ...spec },
});

test("an important pod pushes a lesser one away, waits for it to go, and gets its place", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  await client.create(PriorityClasses, { metadata: { name: "high" }, value: 1000 });
  const slow = hungry("low", "30");
  await client.create(Pods, {
    ...slow,
    metadata: { ...slow.metadata, annotations: { "simulated.minik8s.io/stop-after": "5s" } },
  });
  await cluster.settle();
  await client.create(Pods, hungry("high", "20", { priorityClassName: "high" }));
  await cluster.settle();
  const waiting = await client.get(Pods, { namespace, name: "high" });
  assert.equal(waiting.spec.priority, 1000);
  assert.equal(waiting.status?.nominatedNodeName, "node-1");
  const scheduled = waiting.status?.conditions?.find(({ type }) => type === "PodScheduled");
  assert.equal(scheduled?.message, "0/1 nodes are available: 1 Insufficient cpu.");
  const victim = await client.get(Pods, { namespace, name: "low" });
  assert.ok(victim.metadata.deletionTimestamp);
  assert.equal(victim.status?.conditions?.find(({ type }) => type === "DisruptionTarget")?.status, "True");
  await client.create(Pods, hungry("greedy", "15"));
  await cluster.advance(10_000);
  const { items } = await client.list(Pods, { namespace });
  assert.deepEqual(
    items.map(({ metadata, spec }) => [metadata.name, spec.nodeName]),
    [
      ["greedy", undefined],
      ["high", "node-1"],
    ],
  );
  const events = (await client.list(Events, { namespace })).items.map(({ reason, message }) => `${reason} ${message}`);
  assert.ok(events.includes(`Preempted Preempted by pod ${waiting.metadata.uid} on node node-1`), events.join("\n"));
});

test("a pod that nobody could take is placed as soon as a node can", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  await client.create(Pods, hungry("ssd", "1", { nodeSelector: { disk: "ssd" } }));
  await cluster.settle();
  const nodeOf = async () => (await client.get(Pods, { namespace, name: "ssd" })).spec.nodeName;
  assert.equal(await nodeOf(), undefined);
  await client.patch(Nodes, { name: "node-1" }, { type: "merge", body: { metadata: { labels: { disk: "ssd" } } } });
  await cluster.settle();
  assert.equal(await nodeOf(), "node-1");
});

test("an unknown class is refused, the class for all is taken by those who name none", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  await assert.rejects(
    client.create(Pods, hungry("a", "1", { priorityClassName: "no" })),
    /no PriorityClass with name no was found/,
  );
  const everybody = { metadata: { name: "usual" }, value: 7, globalDefault: true, preemptionPolicy: "Never" as const };
  await client.create(PriorityClasses, everybody);
  const { spec } = await client.create(Pods, hungry("b", "1"));
  assert.deepEqual([spec.priority, spec.priorityClassName, spec.preemptionPolicy], [7, "usual", "Never"]);
  const system = await client.create(Pods, hungry("c", "1", { priorityClassName: "system-node-critical" }));
  assert.equal(system.spec.priority, 2_000_001_000);
});

test("LeastCpu sends pods where little is in use, whatever was asked for", async () => {
  await using cluster = await testCluster({ nodes: 2, schedulerStrategy: "LeastCpu" });
  const { client } = cluster;
  const on = (name: string, node: string, cpu: string, load: string) => {
    const pod = hungry(name, cpu, { nodeSelector: { "kubernetes.io/hostname": node } });
    return { ...pod, metadata: { ...pod.metadata, annotations: { "simulated.minik8s.io/cpu": load } } };
  };
  await client.create(Pods, on("asks-much", "node-1", "8", "10m"));
  await client.create(Pods, on("uses-much", "node-2", "10m", "8"));
  await cluster.advance(40_000);
  await client.create(Pods, hungry("next", "100m"));
  await cluster.settle();
  assert.equal((await client.get(Pods, { namespace, name: "next" })).spec.nodeName, "node-1");
});
