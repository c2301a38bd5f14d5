import assert from "node:assert/strict";
import { test } from "node:test";
import { Deployments } from "#api/apps/v1/deployment.ts";
import { Nodes, Pods } from "#api/catalog.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { testCluster } from "#testing/test-cluster.ts";
import { bare, deploymentNow, eventsAbout, pods, web } from "./cluster.fixture.ts";

const tolerations = (tolerationSeconds: number): NonNullable<Pod["spec"]["tolerations"]> =>
  ["not-ready", "unreachable"].map((what) => ({
    key: `node.kubernetes.io/${what}`,
    operator: "Exists",
    effect: "NoExecute",
    tolerationSeconds,
  }));

/** A Deployment whose pods stay on a lost node for five minutes, as those of any cluster do. */
function patient(replicas: number) {
  const wanted = web(replicas);
  const template = wanted.spec!.template!;
  return {
    ...wanted,
    spec: { ...wanted.spec, template: { ...template, spec: { ...template.spec, tolerations: tolerations(300) } } },
  };
}

const ready = ({ status }: Pod) => status?.conditions?.find(({ type }) => type === "Ready")?.status;

test("a node that falls silent: unknown, tainted, its pods not ready, then moved; back again as it was", async () => {
  await using cluster = await testCluster({ nodes: 3 });
  const { client } = cluster;
  await client.create(Deployments, patient(6));
  await cluster.settle();
  const [lost] = cluster.nodes;
  const onLost = async () => (await pods(client)).filter(({ spec }) => spec.nodeName === lost?.name);
  assert.equal((await onLost()).length, 2);
  await cluster.advance(10_000);
  lost?.fall();
  await cluster.advance(45_000);
  const node = () => client.get(Nodes, { name: lost?.name ?? "" });
  const condition = async () => (await node()).status?.conditions?.find(({ type }) => type === "Ready");
  assert.equal((await condition())?.status, "True", "within the grace period");
  await cluster.advance(10_000);
  const silent = await condition();
  assert.deepEqual(
    [silent?.status, silent?.reason, silent?.message],
    ["Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."],
  );
  const taints = async () => ((await node()).spec.taints ?? []).map(({ key, effect }) => `${key}:${effect}`).toSorted();
  assert.deepEqual(await taints(), [
    "node.kubernetes.io/unreachable:NoExecute",
    "node.kubernetes.io/unreachable:NoSchedule",
  ]);
  assert.deepEqual((await onLost()).map(ready), ["False", "False"]);
  assert.equal((await deploymentNow(client)).status?.availableReplicas, 4);
  assert.ok(
    (await eventsAbout(client, "Node")).includes(`NodeNotReady: Node ${lost?.name} status is now: NodeNotReady`),
  );

  await cluster.advance(310_000);
  assert.ok(
    (await onLost()).every(({ metadata }) => metadata.deletionTimestamp),
    "nobody confirms that they have stopped",
  );
  assert.equal((await deploymentNow(client)).status?.availableReplicas, 6, "others take their place");
  const told = await eventsAbout(client, "Pod", (await onLost())[0]?.metadata.name);
  assert.ok(told.some((text) => text.startsWith("TaintManagerEviction: Marking for deletion Pod default/web-")));

  lost?.rise();
  await cluster.advance(60_000);
  assert.equal((await condition())?.status, "True");
  assert.deepEqual(await taints(), []);
  assert.equal((await onLost()).filter(({ metadata }) => metadata.deletionTimestamp).length, 0);
});

test("a node that is back in time keeps its pods", async () => {
  await using cluster = await testCluster({ nodes: 3 });
  const { client } = cluster;
  await client.create(Deployments, patient(6));
  await cluster.settle();
  const before = (await pods(client)).map(({ metadata }) => metadata.uid).toSorted();
  const [lost] = cluster.nodes;
  lost?.fall();
  await cluster.advance(120_000);
  assert.equal((await deploymentNow(client)).status?.availableReplicas, 4);
  lost?.rise();
  await cluster.advance(600_000);
  assert.deepEqual((await pods(client)).map(({ metadata }) => metadata.uid).toSorted(), before);
  assert.equal((await deploymentNow(client)).status?.availableReplicas, 6);
  assert.ok(
    (await eventsAbout(client, "Pod")).some((text) =>
      text.startsWith("TaintManagerEviction: Cancelling deletion of Pod"),
    ),
  );
});

test("when all nodes are silent nobody is driven off", async () => {
  await using cluster = await testCluster({ nodes: 2 });
  const { client } = cluster;
  await client.create(Deployments, patient(4));
  await cluster.settle();
  for (const node of cluster.nodes) node.fall();
  await cluster.advance(900_000);
  assert.equal((await pods(client)).filter(({ metadata }) => metadata.deletionTimestamp).length, 0);
  const effects = (await client.list(Nodes)).items.flatMap(({ spec }) =>
    (spec.taints ?? []).map(({ effect }) => effect),
  );
  assert.deepEqual(effects, ["NoSchedule", "NoSchedule"]);
});

test("pressure and cordon become taints, and go", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  await cluster.settle();
  const key = { name: "node-1" };
  const conditions = (status: string) => ({ status: { conditions: [{ type: "MemoryPressure", status }] } });
  await client.patch(Nodes, key, { type: "strategic", body: conditions("True") }, { subresource: "status" });
  await client.patch(Nodes, key, { type: "merge", body: { spec: { unschedulable: true } } });
  await cluster.settle();
  const taints = async () => ((await client.get(Nodes, key)).spec.taints ?? []).map((taint) => taint.key).toSorted();
  assert.deepEqual(await taints(), ["node.kubernetes.io/memory-pressure", "node.kubernetes.io/unschedulable"]);
  await client.patch(Nodes, key, { type: "strategic", body: conditions("False") }, { subresource: "status" });
  await client.patch(Nodes, key, { type: "merge", body: { spec: { unschedulable: null } } });
  await cluster.settle();
  assert.deepEqual(await taints(), []);
});

test("a taint put on by hand drives off at once whoever does not tolerate it", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  await client.create(Pods, bare("goes"));
  const stays = bare("stays");
  await client.create(Pods, { ...stays, spec: { ...stays.spec, tolerations: [{ operator: "Exists" }] } });
  await cluster.settle();
  const taints = [{ key: "maintenance", effect: "NoExecute" as const }];
  await client.patch(Nodes, { name: "node-1" }, { type: "merge", body: { spec: { taints } } });
  await cluster.settle();
  assert.deepEqual(
    (await pods(client)).map(({ metadata }) => metadata.name),
    ["stays"],
  );
});
