import assert from "node:assert/strict";
import { test } from "node:test";
import { type CronJob, CronJobs } from "#api/batch/v1/cron-job.ts";
import { Jobs } from "#api/batch/v1/job.ts";
import type { Draft } from "#api/meta/object-meta.ts";
import type { Client } from "#client/client.ts";
import { testCluster } from "#testing/test-cluster.ts";
import { eventsAbout, namespace } from "./cluster.fixture.ts";
import { localTime } from "./cron-job.plan.ts";

const key = { namespace, name: "tick" };
const minute = 60_000;

const tick = (spec: Draft<CronJob["spec"]> = {}, exitAfter = "1s"): Draft<CronJob> => ({
  metadata: key,
  spec: {
    schedule: "*/5 * * * *",
    timeZone: "UTC",
    jobTemplate: {
      spec: {
        template: {
          metadata: { annotations: exitAfter ? { "simulated.minik8s.io/exit-after": exitAfter } : {} },
          spec: { restartPolicy: "Never", containers: [{ name: "main", image: "w" }] },
        },
      },
    },
    ...spec,
  },
});
const names = async (client: Client) =>
  (await client.list(Jobs, { namespace })).items.map(({ metadata }) => metadata.name);
const statusNow = async (client: Client) => (await client.get(CronJobs, key)).status ?? {};

test("a job at each time, named after it; the history is kept short", async () => {
  await using cluster = await testCluster();
  const { client, clock } = cluster;
  await client.create(CronJobs, tick());
  await cluster.settle();
  assert.deepEqual(await names(client), []);
  const first = Math.ceil(clock.now() / (5 * minute)) * 5 * minute || clock.now();
  await cluster.advance(6 * minute);
  const [name] = await names(client);
  const due = Math.floor(clock.now() / (5 * minute)) * 5 * minute;
  assert.ok(due >= first);
  assert.equal(name, `tick-${due / minute}`);
  const job = await client.get(Jobs, { namespace, name: name! });
  assert.equal(job.metadata.annotations?.["batch.kubernetes.io/cronjob-scheduled-timestamp"], localTime(due, "UTC"));
  assert.equal(job.metadata.ownerReferences?.[0]?.kind, "CronJob");
  const status = await statusNow(client);
  assert.deepEqual([status.active, status.lastScheduleTime], [undefined, localTime(due, "UTC")]);
  assert.equal(status.lastSuccessfulTime, job.status?.completionTime);
  await cluster.advance(30 * minute);
  assert.equal((await names(client)).length, 3, "as many successful ones as are kept by default");
  const told = await eventsAbout(client, "CronJob");
  assert.deepEqual(told.slice(0, 2), [
    `SuccessfulCreate: Created job ${name}`,
    `SawCompletedJob: Saw completed job: ${name}, condition: Complete`,
  ]);
});

test("Allow, Forbid and Replace, when the last job still runs", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  await client.create(CronJobs, tick({}, ""));
  await client.create(CronJobs, {
    ...tick({ concurrencyPolicy: "Forbid" }, ""),
    metadata: { namespace, name: "one" },
  });
  await client.create(CronJobs, {
    ...tick({ concurrencyPolicy: "Replace" }, ""),
    metadata: { namespace, name: "new" },
  });
  await cluster.advance(16 * minute);
  const all = await names(client);
  const count = (prefix: string) => all.filter((name) => name.startsWith(`${prefix}-`)).length;
  assert.deepEqual([count("tick"), count("one"), count("new")], [3, 1, 1]);
  const told = await eventsAbout(client, "CronJob", "one");
  assert.ok(
    told.some((text) => text.startsWith("JobAlreadyActive: Not starting job because prior execution is running")),
  );
});

test("suspended it makes nothing; later only the last missed time is made up for", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  await client.create(CronJobs, tick({ suspend: true }));
  await cluster.advance(21 * minute);
  assert.deepEqual(await names(client), []);
  await client.patch(CronJobs, key, { type: "merge", body: { spec: { suspend: false } } });
  await cluster.settle();
  assert.equal((await names(client)).length, 1);
});

test("a job that would start too late is left out", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  await client.create(CronJobs, tick({ suspend: true, startingDeadlineSeconds: 60 }));
  await cluster.advance(8 * minute);
  await client.patch(CronJobs, key, { type: "merge", body: { spec: { suspend: false } } });
  await cluster.settle();
  assert.deepEqual(await names(client), []);
  await cluster.advance(5 * minute);
  assert.equal((await names(client)).length, 1);
});

test("times of a zone are written with its offset", () => {
  assert.equal(localTime(Date.UTC(2030, 6, 1, 12), "Europe/Berlin"), "2030-07-01T14:00:00+02:00");
  assert.equal(localTime(Date.UTC(2030, 0, 1, 12), "America/St_Johns"), "2030-01-01T08:30:00-03:30");
});

test("a job that was made before a crash counts as made, though nothing was noted of it", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  await client.create(CronJobs, tick());
  await cluster.advance(6 * minute);
  const [name] = await names(client);
  const cronJob = await client.get(CronJobs, key);
  const { lastScheduleTime, ...status } = cronJob.status ?? {};
  await client.updateStatus(CronJobs, { ...cronJob, status });
  await cluster.settle();
  assert.deepEqual([await names(client), (await statusNow(client)).lastScheduleTime], [[name], lastScheduleTime]);
});
