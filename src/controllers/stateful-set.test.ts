import assert from "node:assert/strict";
import { test } from "node:test";
import { type StatefulSet, StatefulSets } from "#api/apps/v1/stateful-set.ts";
import { PersistentVolumeClaims } from "#api/core/v1/persistent-volume-claim.ts";
import { type Pod, Pods } from "#api/core/v1/pod.ts";
import type { Draft } from "#api/meta/object-meta.ts";
import type { Client } from "#client/client.ts";
import { type TestCluster, testCluster } from "#testing/test-cluster.ts";
import { eventsAbout, namespace, pods } from "./cluster.fixture.ts";

const key = { namespace, name: "db" };
const labels = { app: "db" };
const db = (replicas: number, spec: Draft<StatefulSet["spec"]> = {}): Draft<StatefulSet> => ({
  metadata: key,
  spec: {
    replicas,
    serviceName: "db",
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: "main", image: "d:1" }] } },
    ...spec,
  },
});
const broken = "broken:1";
const start = () =>
  testCluster({ nodes: 2, fate: ({ spec }) => (spec.containers?.[0]?.image === broken ? "notReady" : "ready") });
const patch = (client: Client, spec: object) => client.patch(StatefulSets, key, { type: "strategic", body: { spec } });
const setImage = (client: Client, image: string) =>
  patch(client, { template: { spec: { containers: [{ name: "main", image }] } } });
const shown = async (client: Client) =>
  (await pods(client)).map(({ metadata, spec }) => `${metadata.name} ${spec.containers?.[0]?.image}`).toSorted();
const statusNow = async (client: Client) => (await client.get(StatefulSets, key)).status;

/** Names of pods in the order in which they came, and in which they began to leave. */
function follow(cluster: TestCluster): { came: string[]; left: string[] } {
  const [came, left]: [string[], string[]] = [[], []];
  cluster.caches.subscribe(Pods, (events) => {
    for (const { type, object, previous } of events) {
      const { name, deletionTimestamp } = object.metadata;
      if (type === "ADDED") came.push(name);
      const went = type === "DELETED" || Boolean(deletionTimestamp);
      if (went && !(previous as Pod | undefined)?.metadata.deletionTimestamp) left.push(name);
    }
  });
  return { came, left };
}

test("pods come one after the other, with names and hosts of their own, and go the other way round", async () => {
  await using cluster = await start();
  const { client } = cluster;
  const { came, left } = follow(cluster);
  await client.create(StatefulSets, db(3));
  await cluster.settle();
  assert.deepEqual(came, ["db-0", "db-1", "db-2"]);
  const pod = await client.get(Pods, { namespace, name: "db-1" });
  const { currentRevision, updateRevision, ...counts } = (await statusNow(client)) ?? {};
  assert.deepEqual(counts, {
    observedGeneration: 1,
    replicas: 3,
    readyReplicas: 3,
    currentReplicas: 3,
    updatedReplicas: 3,
    availableReplicas: 3,
    collisionCount: 0,
  });
  assert.equal(currentRevision, updateRevision);
  assert.deepEqual([pod.spec.hostname, pod.spec.subdomain], ["db-1", "db"]);
  assert.deepEqual(pod.metadata.labels, {
    app: "db",
    "apps.kubernetes.io/pod-index": "1",
    "controller-revision-hash": updateRevision,
    "statefulset.kubernetes.io/pod-name": "db-1",
  });
  await patch(client, { replicas: 1 });
  await cluster.settle();
  assert.deepEqual(left, ["db-2", "db-1"]);
  const told = await eventsAbout(client, "StatefulSet");
  assert.equal(told[0], "SuccessfulCreate: create Pod db-0 in StatefulSet db successful");
  assert.equal(told.at(-1), "SuccessfulDelete: delete Pod db-1 in StatefulSet db successful");
});

test("in order the next one waits for one that is not ready; in parallel none waits", async () => {
  await using cluster = await start();
  const { client } = cluster;
  const template = { metadata: { labels }, spec: { containers: [{ name: "main", image: broken }] } };
  await client.create(StatefulSets, db(3, { template }));
  await cluster.settle();
  assert.deepEqual(await shown(client), [`db-0 ${broken}`]);
  await client.delete(StatefulSets, key, { propagationPolicy: "Background" });
  await cluster.settle();
  await client.create(StatefulSets, db(3, { template, podManagementPolicy: "Parallel" }));
  await cluster.settle();
  assert.equal((await shown(client)).length, 3);
});

test("a rolling update goes from the last to the first, down to the partition", async () => {
  await using cluster = await start();
  const { client } = cluster;
  await client.create(StatefulSets, db(3, { updateStrategy: { rollingUpdate: { partition: 1 } } }));
  await cluster.settle();
  const { left } = follow(cluster);
  await setImage(client, "d:2");
  await cluster.settle();
  assert.deepEqual(left, ["db-2", "db-1"]);
  assert.deepEqual(await shown(client), ["db-0 d:1", "db-1 d:2", "db-2 d:2"]);
  const status = await statusNow(client);
  assert.deepEqual([status?.currentReplicas, status?.updatedReplicas], [1, 2]);
  assert.notEqual(status?.currentRevision, status?.updateRevision);
  // below the partition a pod comes back as it was
  await client.delete(Pods, { namespace, name: "db-0" });
  await cluster.settle();
  assert.equal((await shown(client))[0], "db-0 d:1");
  await patch(client, { updateStrategy: { rollingUpdate: { partition: 0 } } });
  await cluster.settle();
  assert.deepEqual(await shown(client), ["db-0 d:2", "db-1 d:2", "db-2 d:2"]);
  const done = await statusNow(client);
  assert.equal(done?.currentRevision, done?.updateRevision);
});

test("a broken update stops at its first pod; OnDelete touches none", async () => {
  await using cluster = await start();
  const { client } = cluster;
  await client.create(StatefulSets, db(3));
  await cluster.settle();
  await setImage(client, broken);
  await cluster.settle();
  assert.deepEqual(await shown(client), ["db-0 d:1", "db-1 d:1", `db-2 ${broken}`]);
  await client.patch(StatefulSets, key, {
    type: "merge",
    body: { spec: { updateStrategy: { type: "OnDelete", rollingUpdate: null } } },
  });
  await setImage(client, "d:3");
  await cluster.settle();
  assert.deepEqual(await shown(client), ["db-0 d:1", "db-1 d:1", `db-2 ${broken}`]);
});

test("a pod that has ended or is lost comes back under its name; numbers may begin elsewhere", async () => {
  let first: string | undefined;
  await using cluster = await testCluster({
    fate({ metadata }) {
      if (metadata.name !== "db-6") return "ready";
      first ??= metadata.uid;
      return metadata.uid === first ? "failed" : "ready";
    },
  });
  const { client } = cluster;
  await client.create(StatefulSets, db(2, { ordinals: { start: 5 } }));
  await cluster.advance(5_000);
  assert.deepEqual(await shown(client), ["db-5 d:1", "db-6 d:1"]);
  assert.notEqual((await client.get(Pods, { namespace, name: "db-6" })).metadata.uid, first);
  const told = await eventsAbout(client, "StatefulSet");
  assert.ok(told.includes("RecreatingFailedPod: StatefulSet default/db is recreating failed Pod db-6"));
});

test("each pod has claims of its own, which stay or go as the set says", async () => {
  await using cluster = await start();
  const { client } = cluster;
  const spec = { accessModes: ["ReadWriteOnce" as const], resources: { requests: { storage: "1Gi" } } };
  const volumeClaimTemplates = [{ metadata: { name: "data" }, spec }];
  const policy = { whenScaled: "Delete" as const, whenDeleted: "Retain" as const };
  await client.create(
    StatefulSets,
    db(2, { volumeClaimTemplates, persistentVolumeClaimRetentionPolicy: policy, podManagementPolicy: "Parallel" }),
  );
  await cluster.settle();
  const claims = async () =>
    (await client.list(PersistentVolumeClaims, { namespace })).items.map(({ metadata }) => metadata.name);
  assert.deepEqual(await claims(), ["data-db-0", "data-db-1"]);
  const pod = await client.get(Pods, { namespace, name: "db-1" });
  assert.deepEqual(pod.spec.volumes?.find(({ name }) => name === "data")?.persistentVolumeClaim, {
    claimName: "data-db-1",
  });
  await patch(client, { replicas: 1 });
  await cluster.advance(5_000);
  assert.deepEqual(await claims(), ["data-db-0"]);
  await client.delete(StatefulSets, key, { propagationPolicy: "Background" });
  await cluster.advance(5_000);
  assert.deepEqual([await claims(), await shown(client)], [["data-db-0"], []]);
});
