import assert from "node:assert/strict";
import { test } from "node:test";
import { Deployments } from "#api/apps/v1/deployment.ts";
import { ReplicaSets } from "#api/apps/v1/replica-set.ts";
import { Pods } from "#api/core/v1/pod.ts";
import { testCluster } from "#testing/test-cluster.ts";
import {
  conditions,
  deploymentNow,
  eventsAbout,
  images,
  namespace,
  patchSpec,
  revisions,
  setImage,
  web,
} from "./cluster.fixture.ts";
import { annotations } from "./deployment-revision.plan.ts";

/** Pods of this image never become ready. */
const broken = "broken:1";
const start = () =>
  testCluster({ fate: ({ spec }) => (spec.containers?.[0]?.image === broken ? "notReady" : "ready") });
const key = { namespace, name: "web" };

test("a new Deployment becomes available", async () => {
  await using cluster = await start();
  const { client } = cluster;
  await client.create(Deployments, web(3));
  await cluster.settle();
  const deployment = await deploymentNow(client);
  const { conditions: _, ...counts } = deployment.status ?? {};
  assert.deepEqual(counts, {
    observedGeneration: 1,
    replicas: 3,
    updatedReplicas: 3,
    readyReplicas: 3,
    availableReplicas: 3,
    terminatingReplicas: 0,
  });
  assert.deepEqual(await conditions(client), {
    Available: "True MinimumReplicasAvailable",
    Progressing: "True NewReplicaSetAvailable",
  });
  assert.equal(deployment.metadata.annotations?.[annotations.revision], "1");
  const [rs] = (await client.list(ReplicaSets, { namespace })).items;
  const hash = rs?.metadata.labels?.["pod-template-hash"];
  assert.equal(rs?.metadata.name, `web-${hash}`);
  assert.deepEqual(rs?.spec.selector.matchLabels, { app: "web", "pod-template-hash": hash ?? "" });
  const progressing = deployment.status?.conditions?.find(({ type }) => type === "Progressing");
  assert.equal(progressing?.message, `ReplicaSet "web-${hash}" has successfully progressed.`);
  assert.deepEqual(await eventsAbout(client, "Deployment"), [
    `ScalingReplicaSet: Scaled up replica set web-${hash} from 0 to 3`,
  ]);
});

test("a rolling update never has too few or too many pods, and ends with the new ones alone", async () => {
  await using cluster = await start();
  const { client } = cluster;
  await client.create(Deployments, web(10));
  await cluster.settle();
  const seen: [number, number][] = [];
  const end = cluster.caches.subscribe(Pods, () => {
    const all = cluster.caches.all(Pods, namespace).filter(({ metadata }) => !metadata.deletionTimestamp);
    const ready = all.filter(({ status }) =>
      status?.conditions?.some(({ type, status: s }) => type === "Ready" && s === "True"),
    );
    seen.push([all.length, ready.length]);
  });
  await setImage(client, "web:2");
  await cluster.settle();
  end();
  assert.deepEqual(await images(client), { "web:2": 10 });
  assert.ok(Math.max(...seen.map(([all]) => all)) <= 13, "maxSurge 25% of 10 is 3");
  assert.ok(Math.min(...seen.map(([, ready]) => ready)) >= 8, "maxUnavailable 25% of 10 is 2");
  assert.deepEqual(await revisions(client), { 1: "web:1 0", 2: "web:2 10" });
});

test("a rollout gets stuck, says so after the deadline, and is rolled back", async () => {
  await using cluster = await start();
  const { client } = cluster;
  await client.create(Deployments, web(3, "web:1", { progressDeadlineSeconds: 60 }));
  await cluster.settle();
  await setImage(client, broken);
  await cluster.settle();
  assert.deepEqual(await images(client), { "web:1": 3, [broken]: 1 });
  assert.deepEqual(await conditions(client), {
    Available: "True MinimumReplicasAvailable",
    Progressing: "True ReplicaSetUpdated",
  });
  await cluster.advance(65_000);
  assert.equal((await conditions(client)).Progressing, "False ProgressDeadlineExceeded");
  // As `kubectl rollout undo` does it: the old template is written back.
  await setImage(client, "web:1");
  await cluster.settle();
  assert.deepEqual(await images(client), { "web:1": 3 });
  assert.deepEqual(await revisions(client), { 2: `${broken} 0`, 3: "web:1 3" });
  const back = (await client.list(ReplicaSets, { namespace })).items.find(({ spec }) => spec.replicas === 3);
  assert.equal(back?.metadata.annotations?.[annotations.revisionHistory], "1");
  assert.equal((await conditions(client)).Progressing, "True NewReplicaSetAvailable");
});

test("a new size in the middle of a rollout is shared by old and new", async () => {
  await using cluster = await start();
  const { client } = cluster;
  await client.create(Deployments, web(10));
  await cluster.settle();
  await setImage(client, broken);
  await cluster.settle();
  assert.deepEqual(await images(client), { "web:1": 8, [broken]: 5 });
  await patchSpec(client, { replicas: 20 });
  await cluster.settle();
  const shared = await images(client);
  assert.deepEqual(shared, { "web:1": 15, [broken]: 10 }, "25 pods with surge, in the proportion 8 to 5");
  await setImage(client, "web:2");
  await cluster.settle();
  assert.deepEqual(await images(client), { "web:2": 20 });
});

test("paused: a new template waits, a new size does not; resumed: the template follows", async () => {
  await using cluster = await start();
  const { client } = cluster;
  await client.create(Deployments, web(2));
  await cluster.settle();
  await patchSpec(client, { paused: true });
  await setImage(client, "web:2");
  await patchSpec(client, { replicas: 4 });
  await cluster.settle();
  assert.deepEqual(await images(client), { "web:1": 4 });
  assert.equal((await conditions(client)).Progressing, "Unknown DeploymentPaused");
  await patchSpec(client, { paused: false });
  await cluster.settle();
  assert.deepEqual(await images(client), { "web:2": 4 });
  assert.equal((await conditions(client)).Progressing, "True NewReplicaSetAvailable");
});

test("Recreate: never both revisions at once", async () => {
  await using cluster = await start();
  const { client } = cluster;
  await client.create(Deployments, web(3, "web:1", { strategy: { type: "Recreate" } }));
  await cluster.settle();
  let both = 0;
  cluster.caches.subscribe(Pods, () => {
    const kinds = new Set(cluster.caches.all(Pods, namespace).map(({ spec }) => spec.containers?.[0]?.image));
    if (kinds.size > 1) both++;
  });
  await setImage(client, "web:2");
  await cluster.settle();
  assert.deepEqual(await images(client), { "web:2": 3 });
  assert.equal(both, 0);
});

test("history keeps as many old sets as it may, and the change cause of each", async () => {
  await using cluster = await start();
  const { client } = cluster;
  await client.create(Deployments, web(1, "web:1", { revisionHistoryLimit: 2 }));
  for (let n = 2; n <= 5; n++) {
    const metadata = { annotations: { "kubernetes.io/change-cause": `version ${n}` } };
    const template = { spec: { containers: [{ name: "main", image: `web:${n}` }] } };
    await client.patch(Deployments, key, { type: "strategic", body: { metadata, spec: { template } } });
    await cluster.settle();
  }
  assert.deepEqual(await revisions(client), { 3: "web:3 0", 4: "web:4 0", 5: "web:5 1" });
  const causes = (await client.list(ReplicaSets, { namespace })).items.map(
    ({ metadata }) => metadata.annotations?.["kubernetes.io/change-cause"],
  );
  assert.deepEqual(causes.toSorted(), ["version 3", "version 4", "version 5"]);
});

test("a name that is taken by another template raises the collision count", async () => {
  await using cluster = await start();
  const { client } = cluster;
  await client.create(Deployments, web(1));
  await cluster.settle();
  const [rs] = (await client.list(ReplicaSets, { namespace })).items;
  await client.delete(Deployments, key, { propagationPolicy: "Orphan" });
  await cluster.settle();
  // The set keeps its name and no longer belongs to, or matches, anybody.
  const metadata = { labels: { app: "other" } };
  await client.patch(ReplicaSets, { namespace, name: rs!.metadata.name }, { type: "merge", body: { metadata } });
  await client.create(Deployments, web(1));
  await cluster.settle();
  const { status } = await deploymentNow(client);
  assert.deepEqual([status?.collisionCount, status?.availableReplicas], [1, 1]);
  assert.equal((await client.list(ReplicaSets, { namespace })).items.length, 2);
});

test("an orphaned set of the same template is adopted with its pods", async () => {
  await using cluster = await start();
  const { client } = cluster;
  await client.create(Deployments, web(2));
  await cluster.settle();
  const before = (await client.list(Pods, { namespace })).items.map(({ metadata }) => metadata.uid);
  await client.delete(Deployments, key, { propagationPolicy: "Orphan" });
  await cluster.settle();
  assert.equal((await client.list(ReplicaSets, { namespace })).items[0]?.metadata.ownerReferences, undefined);
  const again = await client.create(Deployments, web(2));
  await cluster.settle();
  const [rs] = (await client.list(ReplicaSets, { namespace })).items;
  assert.equal(rs?.metadata.ownerReferences?.[0]?.uid, again.metadata.uid);
  assert.deepEqual(
    (await client.list(Pods, { namespace })).items.map(({ metadata }) => metadata.uid).toSorted(),
    before.toSorted(),
  );
});

test("a Deployment of a thousand pods", async () => {
  await using cluster = await testCluster({ nodes: 10 });
  const { client } = cluster;
  await client.create(Deployments, web(1000));
  await cluster.settle();
  const { status } = await deploymentNow(client);
  assert.deepEqual([status?.availableReplicas, status?.replicas], [1000, 1000]);
});
