import assert from "node:assert/strict";
import { test } from "node:test";
import { ControllerRevisions } from "#api/apps/v1/controller-revision.ts";
import { type DaemonSet, DaemonSets } from "#api/apps/v1/daemon-set.ts";
import { Nodes } from "#api/core/v1/node.ts";
import { Pods } from "#api/core/v1/pod.ts";
import type { Draft } from "#api/meta/object-meta.ts";
import type { Client } from "#client/client.ts";
import { testCluster } from "#testing/test-cluster.ts";
import { eventsAbout, images, namespace, pods } from "./cluster.fixture.ts";

const key = { namespace, name: "agent" };
const labels = { app: "agent" };
const agent = (spec: Draft<DaemonSet["spec"]> = {}): Draft<DaemonSet> => ({
  metadata: key,
  spec: {
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: "main", image: "a:1" }] } },
    ...spec,
  },
});
const places = async (client: Client) => (await pods(client)).map(({ spec }) => spec.nodeName ?? "-").toSorted();
const patch = (client: Client, spec: object) => client.patch(DaemonSets, key, { type: "strategic", body: { spec } });
const setImage = (client: Client, image: string) =>
  patch(client, { template: { spec: { containers: [{ name: "main", image }] } } });
const statusNow = async (client: Client) => (await client.get(DaemonSets, key)).status;
/** What this image runs never becomes ready. */
const broken = "broken:1";
const start = (nodes: number) =>
  testCluster({ nodes, fate: ({ spec }) => (spec.containers?.[0]?.image === broken ? "notReady" : "ready") });

test("one pod on each node, also on one that is cordoned, and a lost pod comes back", async () => {
  await using cluster = await start(3);
  const { client } = cluster;
  await client.patch(Nodes, { name: "node-2" }, { type: "merge", body: { spec: { unschedulable: true } } });
  await client.create(DaemonSets, agent());
  await cluster.settle();
  assert.deepEqual(await places(client), ["node-1", "node-2", "node-3"]);
  assert.deepEqual(await statusNow(client), {
    currentNumberScheduled: 3,
    numberMisscheduled: 0,
    desiredNumberScheduled: 3,
    numberReady: 3,
    observedGeneration: 1,
    updatedNumberScheduled: 3,
    numberAvailable: 3,
  });
  const [lost] = await pods(client);
  await client.delete(Pods, lost!.metadata);
  await cluster.settle();
  assert.deepEqual(await places(client), ["node-1", "node-2", "node-3"]);
  const told = await eventsAbout(client, "DaemonSet");
  assert.equal(told.filter((text) => text.startsWith("SuccessfulCreate: Created pod: agent-")).length, 4);
});

test("node selectors and taints say where, and are followed when they change", async () => {
  await using cluster = await start(3);
  const { client } = cluster;
  const node = (name: string, body: object) => client.patch(Nodes, { name }, { type: "merge", body });
  await node("node-1", { metadata: { labels: { disk: "ssd" } } });
  await node("node-2", { metadata: { labels: { disk: "ssd" } } });
  await node("node-2", { spec: { taints: [{ key: "only", value: "db", effect: "NoSchedule" }] } });
  const template = {
    metadata: { labels },
    spec: { nodeSelector: { disk: "ssd" }, containers: [{ name: "main", image: "a:1" }] },
  };
  await client.create(DaemonSets, agent({ template }));
  await cluster.settle();
  assert.deepEqual(await places(client), ["node-1"]);
  await node("node-3", { metadata: { labels: { disk: "ssd" } } });
  await node("node-1", { metadata: { labels: { disk: null } } });
  await cluster.settle();
  assert.deepEqual(await places(client), ["node-3"]);
});

test("a rolling update never misses more than it may, and the history can bring the old template back", async () => {
  await using cluster = await start(4);
  const { client } = cluster;
  await client.create(DaemonSets, agent());
  await cluster.settle();
  let fewest = 4;
  cluster.caches.subscribe(Pods, () => {
    const ready = cluster.caches
      .all(Pods, namespace)
      .filter(({ status, metadata }) => !metadata.deletionTimestamp && status?.phase === "Running");
    fewest = Math.min(fewest, ready.length);
  });
  await setImage(client, "a:2");
  await cluster.settle();
  assert.deepEqual([await images(client), fewest], [{ "a:2": 4 }, 3]);
  await setImage(client, broken);
  await cluster.settle();
  assert.deepEqual(await images(client), { "a:2": 3, [broken]: 1 });
  await setImage(client, "a:1");
  await cluster.settle();
  assert.deepEqual(await images(client), { "a:1": 4 });
  const history = (await client.list(ControllerRevisions, { namespace })).items;
  assert.deepEqual(history.map(({ revision }) => revision).toSorted(), [2, 3, 4]);
  assert.equal(
    (await client.get(DaemonSets, key)).metadata.annotations?.["deprecated.daemonset.template.generation"],
    "4",
  );
});

test("with surge the new pod is there before the old one goes", async () => {
  await using cluster = await start(2);
  const { client } = cluster;
  await client.create(DaemonSets, agent({ updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } }));
  await cluster.settle();
  await setImage(client, broken);
  await cluster.settle();
  assert.deepEqual(await images(client), { "a:1": 2, [broken]: 1 });
  await setImage(client, "a:2");
  await cluster.settle();
  assert.deepEqual(await images(client), { "a:2": 2 });
});

test("OnDelete waits for somebody to delete a pod", async () => {
  await using cluster = await start(2);
  const { client } = cluster;
  await client.create(DaemonSets, agent({ updateStrategy: { type: "OnDelete" } }));
  await cluster.settle();
  await setImage(client, "a:2");
  await cluster.settle();
  assert.deepEqual(await images(client), { "a:1": 2 });
  await client.delete(Pods, (await pods(client))[0]!.metadata);
  await cluster.settle();
  assert.deepEqual(await images(client), { "a:1": 1, "a:2": 1 });
  assert.equal((await statusNow(client))?.updatedNumberScheduled, 1);
});

test("a pod that fails is replaced, each time a little later", async () => {
  await using cluster = await testCluster({ nodes: 1, fate: () => "failed" });
  const { client } = cluster;
  let made = 0;
  cluster.caches.subscribe(Pods, (events) => {
    made += events.filter(({ type, object }) => type === "ADDED" && object.metadata.namespace === namespace).length;
  });
  await client.create(DaemonSets, agent());
  await cluster.advance(60_000);
  assert.ok(made >= 4 && made <= 8, `${made} pods in a minute`);
  const told = await eventsAbout(client, "DaemonSet");
  assert.ok(
    told.some((text) =>
      /^FailedDaemonPod: Found failed daemon pod default\/agent-\w+ on node node-1, will try to kill it$/.test(text),
    ),
  );
});
