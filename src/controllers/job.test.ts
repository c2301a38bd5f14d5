import assert from "node:assert/strict";
import { test } from "node:test";
import { type Job, Jobs } from "#api/batch/v1/job.ts";
import { Pods } from "#api/core/v1/pod.ts";
import { isNotFound } from "#api/meta/api-error.ts";
import type { Draft } from "#api/meta/object-meta.ts";
import type { Client } from "#client/client.ts";
import { testCluster } from "#testing/test-cluster.ts";
import { eventsAbout, namespace, pods } from "./cluster.fixture.ts";
import { trackingFinalizer } from "./job-pods.ts";

const key = { namespace, name: "work" };
const second = { "simulated.minik8s.io/exit-after": "1s" };
const failing = { ...second, "simulated.minik8s.io/exit-code": "3" };

const work = (spec: Draft<Job["spec"]> = {}, annotations: Record<string, string> = second): Draft<Job> => ({
  metadata: key,
  spec: {
    template: {
      metadata: { annotations },
      spec: { restartPolicy: "Never", containers: [{ name: "main", image: "w" }] },
    },
    ...spec,
  },
});
const jobNow = (client: Client) => client.get(Jobs, key);
const conditionsOf = ({ status }: Job) =>
  Object.fromEntries((status?.conditions ?? []).map(({ type, status, reason }) => [type, `${status} ${reason}`]));

test("a job runs its pod to the end and says so once everything is counted", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  const { metadata } = await client.create(Jobs, work());
  await cluster.settle();
  const [pod] = await pods(client);
  assert.match(pod?.metadata.name ?? "", /^work-[a-z0-9]{5}$/);
  assert.deepEqual(pod?.metadata.finalizers, [trackingFinalizer]);
  assert.equal(pod?.metadata.labels?.["batch.kubernetes.io/controller-uid"], metadata.uid);
  await cluster.advance(10_000);
  const job = await jobNow(client);
  assert.deepEqual(
    [job.status?.succeeded, job.status?.active, job.status?.uncountedTerminatedPods],
    [1, undefined, {}],
  );
  assert.deepEqual(conditionsOf(job), {
    SuccessCriteriaMet: "True CompletionsReached",
    Complete: "True CompletionsReached",
  });
  assert.ok(job.status?.completionTime);
  assert.equal((await pods(client))[0]?.metadata.finalizers, undefined);
  const told = await eventsAbout(client, "Job");
  assert.deepEqual(told, [`SuccessfulCreate: Created pod: ${pod?.metadata.name}`, "Completed: Job completed"]);
});

test("several completions, never more pods at once than parallelism", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  let most = 0;
  cluster.caches.subscribe(Pods, () => {
    const running = cluster.caches.all(Pods, namespace).filter(({ status }) => status?.phase === "Running");
    most = Math.max(most, running.length);
  });
  await client.create(Jobs, work({ completions: 7, parallelism: 3 }));
  await cluster.advance(60_000);
  const { status } = await jobNow(client);
  assert.deepEqual([status?.succeeded, most, (await pods(client)).length], [7, 3, 7]);
});

test("an Indexed job gives each pod its number and starts a failed number anew", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  await client.create(Jobs, work({ completions: 4, parallelism: 4, completionMode: "Indexed" }, {}));
  await cluster.settle();
  const made = await pods(client);
  const indexes = made.map(({ metadata }) => metadata.annotations?.["batch.kubernetes.io/job-completion-index"]);
  assert.deepEqual(indexes.toSorted(), ["0", "1", "2", "3"]);
  const third = made.find(({ metadata }) => metadata.name.startsWith("work-2-"));
  assert.deepEqual(third?.spec.containers?.[0]?.env, [
    {
      name: "JOB_COMPLETION_INDEX",
      valueFrom: {
        fieldRef: { apiVersion: "v1", fieldPath: "metadata.labels['batch.kubernetes.io/job-completion-index']" },
      },
    },
  ]);
  assert.equal(third?.spec.hostname, "work-2");
  await client.delete(Pods, third!.metadata);
  await cluster.advance(30_000);
  const { status } = await jobNow(client);
  assert.deepEqual([status?.failed, status?.active], [1, 4]);
  const again = (await pods(client)).filter(({ metadata }) => metadata.name.startsWith("work-2-"));
  assert.deepEqual([again.length, again[0]?.metadata.name === third?.metadata.name], [1, false]);
});

test("an Indexed job ends with all its numbers", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  await client.create(Jobs, work({ completions: 5, parallelism: 2, completionMode: "Indexed" }));
  await cluster.advance(60_000);
  const { status } = await jobNow(client);
  assert.deepEqual([status?.succeeded, status?.completedIndexes], [5, "0-4"]);
});

test("failures are tried again later and later, and end the job past its limit", async () => {
  await using cluster = await testCluster();
  const { client, clock } = cluster;
  const created: number[] = [];
  cluster.caches.subscribe(Pods, (events) => {
    for (const { type, object } of events)
      if (type === "ADDED" && object.metadata.namespace === namespace) created.push(clock.now());
  });
  await client.create(Jobs, work({ backoffLimit: 2 }, failing));
  await cluster.advance(120_000);
  const job = await jobNow(client);
  assert.deepEqual(conditionsOf(job), {
    FailureTarget: "True BackoffLimitExceeded",
    Failed: "True BackoffLimitExceeded",
  });
  assert.equal(job.status?.failed, 3);
  const waits = created.slice(1).map((time, i) => Math.round((time - created[i]!) / 1000));
  assert.equal(waits.length, 2);
  assert.ok(waits[0]! >= 10 && waits[0]! <= 13, `first wait ${waits[0]}`);
  assert.ok(waits[1]! >= 20 && waits[1]! <= 23, `second wait ${waits[1]}`);
  const told = await eventsAbout(client, "Job");
  assert.equal(told.at(-1), "BackoffLimitExceeded: Job has reached the specified backoff limit");
});

test("the deadline stops the pods", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  await client.create(Jobs, work({ activeDeadlineSeconds: 30 }, {}));
  await cluster.advance(60_000);
  const job = await jobNow(client);
  assert.equal(conditionsOf(job).Failed, "True DeadlineExceeded");
  assert.deepEqual([await pods(client), job.status?.failed, job.status?.active], [[], 1, undefined]);
});

test("suspended: no pods and no failures; resumed: it begins anew", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  await client.create(Jobs, work({ parallelism: 2, completions: 2 }, {}));
  await cluster.settle();
  const suspend = (value: boolean) => client.patch(Jobs, key, { type: "merge", body: { spec: { suspend: value } } });
  await suspend(true);
  await cluster.advance(5_000);
  const job = await jobNow(client);
  assert.deepEqual(
    [await pods(client), job.status?.failed, job.status?.startTime, conditionsOf(job).Suspended],
    [[], undefined, undefined, "True JobSuspended"],
  );
  await suspend(false);
  await cluster.advance(5_000);
  const resumed = await jobNow(client);
  assert.deepEqual([resumed.status?.active, conditionsOf(resumed).Suspended], [2, "False JobResumed"]);
});

test("rules about exit codes: some failures end the job at once, others do not count", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  const rule = (action: "FailJob" | "Ignore") => ({
    podFailurePolicy: { rules: [{ action, onExitCodes: { operator: "In" as const, values: [3] } }] },
  });
  await client.create(Jobs, work(rule("FailJob"), failing));
  await client.create(Jobs, {
    ...work({ ...rule("Ignore"), backoffLimit: 0 }, failing),
    metadata: { namespace, name: "calm" },
  });
  await cluster.advance(5_000);
  const condition = (await jobNow(client)).status?.conditions?.find(({ type }) => type === "Failed");
  assert.equal(condition?.reason, "PodFailurePolicy");
  assert.match(
    condition?.message ?? "",
    /^Container main for pod default\/work-\w+ failed with exit code 3 matching FailJob rule at index 0$/,
  );
  const calm = await client.get(Jobs, { namespace, name: "calm" });
  assert.deepEqual([calm.status?.failed, conditionsOf(calm).Failed], [undefined, undefined]);
});

test("each number has failures of its own", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  const spec = { completions: 2, parallelism: 2, completionMode: "Indexed" as const, backoffLimitPerIndex: 0 };
  await client.create(Jobs, work(spec, failing));
  await cluster.advance(60_000);
  const job = await jobNow(client);
  assert.deepEqual([job.status?.failedIndexes, conditionsOf(job).Failed], ["0,1", "True FailedIndexes"]);
});

test("enough successes end the job before all have succeeded", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  const spec = {
    completions: 3,
    parallelism: 1,
    completionMode: "Indexed" as const,
    successPolicy: { rules: [{ succeededIndexes: "0" }] },
  };
  await client.create(Jobs, work(spec));
  await cluster.advance(60_000);
  const job = await jobNow(client);
  assert.deepEqual([conditionsOf(job).Complete, job.status?.completedIndexes], ["True SuccessPolicy", "0"]);
});

test("a finished job goes after its time, and its pods with it; a deleted one holds no pods back", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  await client.create(Jobs, work({ ttlSecondsAfterFinished: 20 }));
  await cluster.advance(10_000);
  assert.equal(conditionsOf(await jobNow(client)).Complete, "True CompletionsReached");
  await cluster.advance(30_000);
  await assert.rejects(jobNow(client), isNotFound);
  assert.deepEqual(await pods(client), []);
  await client.create(Jobs, work({}, {}));
  await cluster.settle();
  await client.delete(Jobs, key, { propagationPolicy: "Background" });
  await cluster.advance(60_000);
  assert.deepEqual(await pods(client), []);
});
