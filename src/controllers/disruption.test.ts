import assert from "node:assert/strict";
import { test } from "node:test";
import { Deployments } from "#api/apps/v1/deployment.ts";
import { Jobs } from "#api/batch/v1/job.ts";
import { type Pod, Pods } from "#api/core/v1/pod.ts";
import type { ApiError } from "#api/meta/api-error.ts";
import type { Draft } from "#api/meta/object-meta.ts";
import { type PodDisruptionBudget, PodDisruptionBudgets } from "#api/policy/v1/pod-disruption-budget.ts";
import type { Client } from "#client/client.ts";
import { testCluster } from "#testing/test-cluster.ts";
import { bare, eventsAbout, namespace, pods, web } from "./cluster.fixture.ts";

const key = { namespace, name: "web" };
const budget = (spec: Draft<PodDisruptionBudget["spec"]>): Draft<PodDisruptionBudget> => ({
  metadata: key,
  spec: { selector: { matchLabels: { app: "web" } }, ...spec },
});
const counts = async (client: Client) => {
  const { status } = await client.get(PodDisruptionBudgets, key);
  return [status?.disruptionsAllowed, status?.currentHealthy, status?.desiredHealthy, status?.expectedPods];
};
const evict = (client: Client, pod: Pod, deleteOptions = {}) =>
  client.createSub(Pods, pod.metadata, "eviction", {
    apiVersion: "policy/v1",
    kind: "Eviction",
    metadata: { name: pod.metadata.name, namespace },
    deleteOptions,
  });

test("as many pods may go as the budget leaves, and the next is refused until another is ready", async () => {
  let fate: "ready" | "pending" = "ready";
  await using cluster = await testCluster({ fate: () => fate });
  const { client } = cluster;
  await client.create(Deployments, web(4));
  await client.create(PodDisruptionBudgets, budget({ minAvailable: 3 }));
  await cluster.settle();
  assert.deepEqual(await counts(client), [1, 4, 3, 4]);
  const [first, second, third] = await pods(client);
  await evict(client, third!, { dryRun: ["All"] });
  assert.deepEqual(await counts(client), [1, 4, 3, 4]);
  fate = "pending";
  await evict(client, first!);
  await cluster.settle();
  assert.deepEqual(await counts(client), [0, 3, 3, 4]);
  await assert.rejects(evict(client, second!), (error: ApiError) => {
    assert.deepEqual([error.code, error.reason], [429, "TooManyRequests"]);
    assert.equal(error.message, "Cannot evict pod as it would violate the pod's disruption budget.");
    const message = "The disruption budget web needs 3 healthy pods and has 3 currently";
    assert.deepEqual(error.details?.causes, [{ reason: "DisruptionBudget", message }]);
    return true;
  });
  fate = "ready";
  const waiting = (await pods(client)).find(({ status }) => status?.phase === "Pending");
  await client.delete(Pods, waiting!.metadata);
  await cluster.settle();
  assert.deepEqual(await counts(client), [1, 4, 3, 4]);
  await evict(client, second!);
});

test("shares count from what the pods' managers want", async () => {
  await using cluster = await testCluster({ fate: () => "ready" });
  const { client } = cluster;
  await client.create(Deployments, web(5));
  await client.create(PodDisruptionBudgets, budget({ maxUnavailable: "50%" }));
  await cluster.settle();
  assert.deepEqual(await counts(client), [3, 5, 2, 5]);
  await client.patch(PodDisruptionBudgets, key, {
    type: "merge",
    body: { spec: { maxUnavailable: null, minAvailable: "50%" } },
  });
  await cluster.settle();
  assert.deepEqual(await counts(client), [2, 5, 3, 5]);
  const condition = (await client.get(PodDisruptionBudgets, key)).status?.conditions?.[0];
  assert.deepEqual(
    [condition?.type, condition?.status, condition?.reason],
    ["DisruptionAllowed", "True", "SufficientPods"],
  );
});

test("pods that are not ready may go when enough others are; two budgets for one pod are refused", async () => {
  await using cluster = await testCluster({ fate: ({ metadata }) => (metadata.name === "ill" ? "notReady" : "ready") });
  const { client } = cluster;
  for (const name of ["ill", "well"]) await client.create(Pods, bare(name));
  await client.create(PodDisruptionBudgets, budget({ minAvailable: 1 }));
  await cluster.settle();
  const [ill, well] = await pods(client);
  assert.deepEqual(await counts(client), [0, 1, 1, 2]);
  await evict(client, ill!);
  await assert.rejects(evict(client, well!), /violate the pod's disruption budget/);
  await client.create(PodDisruptionBudgets, { ...budget({ minAvailable: 0 }), metadata: { namespace, name: "also" } });
  await cluster.settle();
  await assert.rejects(evict(client, well!), /more than one PodDisruptionBudget/);
});

test("an eviction that never happens gives its place back", async () => {
  await using cluster = await testCluster({ fate: () => "ready" });
  const { client } = cluster;
  await client.create(Deployments, web(2));
  await client.create(PodDisruptionBudgets, budget({ maxUnavailable: 1 }));
  await cluster.settle();
  const known = await client.get(PodDisruptionBudgets, key);
  const [pod] = await pods(client);
  const disruptedPods = { [pod!.metadata.name]: new Date(cluster.clock.now()).toISOString().replace(/\.\d+/, "") };
  await client.updateStatus(PodDisruptionBudgets, { ...known, status: { ...known.status!, disruptedPods } });
  await cluster.settle();
  assert.equal((await counts(client))[0], 0);
  await cluster.advance(121_000);
  assert.equal((await counts(client))[0], 1);
});

test("a budget of no pods says so", async () => {
  await using cluster = await testCluster();
  await cluster.client.create(PodDisruptionBudgets, budget({ minAvailable: 1 }));
  await cluster.settle();
  assert.deepEqual(await eventsAbout(cluster.client, "PodDisruptionBudget"), ["NoPods: No matching pods found"]);
  assert.deepEqual(await counts(cluster.client), [0, 0, 1, 0]);
});

test("an evicted pod says why it goes, and a job can tell that from a failure", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  await client.create(Jobs, {
    metadata: key,
    spec: {
      backoffLimit: 0,
      podFailurePolicy: {
        rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }],
      },
      template: {
        metadata: { annotations: { "simulated.minik8s.io/stop-code": "143" } },
        spec: { restartPolicy: "Never", containers: [{ name: "main", image: "w" }] },
      },
    },
  });
  await cluster.settle();
  const [pod] = await pods(client);
  let reason: string | undefined;
  cluster.caches.subscribe(Pods, (events) => {
    for (const { object } of events) {
      reason ??= object.status?.conditions?.find(({ type }) => type === "DisruptionTarget")?.reason;
    }
  });
  await evict(client, pod!);
  await cluster.advance(60_000);
  assert.equal(reason, "EvictionByEvictionAPI");
  const { status } = await client.get(Jobs, key);
  assert.deepEqual([status?.failed, status?.active, status?.conditions], [undefined, 1, undefined]);
});
