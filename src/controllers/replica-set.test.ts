import assert from "node:assert/strict";
import { test } from "node:test";
import { ReplicaSets } from "#api/apps/v1/replica-set.ts";
import { Pods } from "#api/core/v1/pod.ts";
import { forbidden } from "#api/meta/api-error.ts";
import { controllerOf } from "#controller/owners.ts";
import { testCluster } from "#testing/test-cluster.ts";
import { bare, eventsAbout, namespace, pods, web } from "./cluster.fixture.ts";

const key = { namespace, name: "web" };
/** The same fields as a Deployment's, as far as a set has them. */
const set = (replicas: number) => {
  const { metadata = {}, spec = {} } = web(replicas);
  return { metadata, spec: { replicas, selector: spec.selector!, template: spec.template! } };
};

test("pods come, are named after the set, belong to it and are told of", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  const rs = await client.create(ReplicaSets, set(3));
  await cluster.settle();
  const made = await pods(client);
  assert.equal(made.length, 3);
  for (const { metadata } of made) {
    assert.match(metadata.name, /^web-[a-z0-9]{5}$/);
    assert.deepEqual(metadata.ownerReferences, [
      {
        apiVersion: "apps/v1",
        kind: "ReplicaSet",
        name: "web",
        uid: rs.metadata.uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ]);
  }
  const { status } = await client.get(ReplicaSets, key);
  assert.deepEqual(
    [
      status?.replicas,
      status?.fullyLabeledReplicas,
      status?.readyReplicas,
      status?.availableReplicas,
      status?.observedGeneration,
    ],
    [3, 3, 3, 3, 1],
  );
  const told = await eventsAbout(client, "ReplicaSet");
  assert.deepEqual(
    told.toSorted(),
    made.map(({ metadata }) => `SuccessfulCreate: Created pod: ${metadata.name}`).toSorted(),
  );
});

test("a lost pod is replaced, a surplus one deleted", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  await client.create(ReplicaSets, set(2));
  await cluster.settle();
  const [lost] = await pods(client);
  await client.delete(Pods, lost!.metadata);
  await cluster.settle();
  const after = await pods(client);
  assert.equal(after.length, 2);
  assert.ok(!after.some(({ metadata }) => metadata.uid === lost?.metadata.uid));
  await client.patch(ReplicaSets, key, { type: "merge", body: { spec: { replicas: 0 } } });
  await cluster.settle();
  assert.equal((await pods(client)).length, 0);
  assert.equal(
    (await eventsAbout(client, "ReplicaSet")).filter((text) => text.startsWith("SuccessfulDelete")).length,
    2,
  );
});

test("orphans that match are adopted, and one whose label changes is let go and replaced", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  await client.create(Pods, bare("orphan"));
  await client.create(Pods, bare("other", { app: "other" }));
  const rs = await client.create(ReplicaSets, set(2));
  await cluster.settle();
  const owners = async () =>
    Object.fromEntries(
      (await pods(client)).map((pod) => [pod.metadata.name, controllerOf(pod)?.uid === rs.metadata.uid]),
    );
  const adopted = await owners();
  assert.deepEqual([adopted.orphan, adopted.other, Object.keys(adopted).length], [true, false, 3]);
  await client.patch(
    Pods,
    { namespace, name: "orphan" },
    { type: "merge", body: { metadata: { labels: { app: "free" } } } },
  );
  await cluster.settle();
  const released = await owners();
  assert.deepEqual([released.orphan, Object.values(released).filter(Boolean).length], [false, 2]);
  assert.equal((await client.get(Pods, { namespace, name: "orphan" })).metadata.ownerReferences, undefined);
  await client.patch(
    Pods,
    { namespace, name: "orphan" },
    { type: "merge", body: { metadata: { labels: { app: "web" } } } },
  );
  await cluster.settle();
  const back = await pods(client);
  assert.equal(
    back.filter((pod) => pod.metadata.labels?.app === "web").length,
    2,
    "one too many: adopted, then one deleted",
  );
});

test("a pod is available only after it has been ready long enough", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  const wanted = set(1);
  await client.create(ReplicaSets, { ...wanted, spec: { ...wanted.spec, minReadySeconds: 30 } });
  await cluster.settle();
  const counts = async () => {
    const { status } = await client.get(ReplicaSets, key);
    return [status?.readyReplicas, status?.availableReplicas ?? 0];
  };
  assert.deepEqual(await counts(), [1, 0]);
  await cluster.advance(28_000);
  assert.deepEqual(await counts(), [1, 0]);
  await cluster.advance(3_000);
  assert.deepEqual(await counts(), [1, 1]);
});

test("what the server refuses shows as a condition and an event, and is tried again", async () => {
  let full = true;
  const quota = {
    name: "quota",
    validate({ verb, resource, name }: { verb: string; resource: typeof Pods | object; name: string }) {
      if (full && verb === "create" && resource === Pods) throw forbidden(Pods, name, "exceeded quota: pods");
    },
  };
  await using cluster = await testCluster({ apiServer: { admission: [quota] } });
  const { client } = cluster;
  await client.create(ReplicaSets, set(5));
  await cluster.settle();
  const condition = async () => (await client.get(ReplicaSets, key)).status?.conditions?.[0];
  const failure = await condition();
  assert.deepEqual([failure?.type, failure?.status, failure?.reason], ["ReplicaFailure", "True", "FailedCreate"]);
  assert.match(
    (await eventsAbout(client, "ReplicaSet"))[0] ?? "",
    /^FailedCreate: Error creating: pods ".*" is forbidden: exceeded quota/,
  );
  full = false;
  await cluster.advance(10_000);
  assert.equal((await pods(client)).length, 5);
  assert.equal(await condition(), undefined);
});
