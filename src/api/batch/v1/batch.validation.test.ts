import assert from "node:assert/strict";
import { test } from "node:test";
import type { Draft } from "#api/meta/object-meta.ts";
import { created, make, turn } from "#api/test-objects.ts";
import { type CronJob, CronJobs } from "./cron-job.ts";
import { type Job, Jobs } from "./job.ts";

type Row = [what: string, check: () => string[], ...causes: string[]];

const pod = (spec = {}) => ({
  spec: { restartPolicy: "Never" as const, containers: [{ name: "c", image: "i" }], ...spec },
});
const job = (spec: Draft<Job["spec"]> = {}): Draft<Job> => ({
  metadata: { name: "web", namespace: "default", uid: "u-1" },
  spec: { template: pod(), ...spec },
});
const cron = (spec: Draft<CronJob["spec"]> = {}): Draft<CronJob> => ({
  spec: { schedule: "*/5 * * * *", jobTemplate: { spec: { template: pod() } }, ...spec },
});
const newJob = make(Jobs);
const newCron = make(CronJobs);
const indexed = { completionMode: "Indexed" as const };

const accepted: Row[] = [
  ["a job", newJob(job())],
  ["an Indexed job", newJob(job({ ...indexed, completions: 3, backoffLimitPerIndex: 1, maxFailedIndexes: 2 }))],
  ["a cron job", newCron(cron({ timeZone: "Europe/Berlin" }))],
];

const refused: Row[] = [
  [
    "a job whose pods never end",
    newJob(job({ template: pod({ restartPolicy: "Always" }) })),
    'Required spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
  ],
  [
    "fewer than no pods",
    newJob(job({ parallelism: -1 })),
    "Invalid spec.parallelism: Invalid value: -1: must be greater than or equal to 0",
  ],
  [
    "indexes without an end",
    newJob(job({ ...indexed, parallelism: 1 })),
    "Required spec.completions: Required value: when completion mode is Indexed",
  ],
  [
    "a limit for each index without indexes",
    newJob(job({ backoffLimitPerIndex: 1 })),
    "Invalid spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode",
  ],
  [
    "rules for failures where containers are restarted",
    newJob(job({ podFailurePolicy: { rules: [] }, template: pod({ restartPolicy: "OnFailure" }) })),
    'Invalid spec.template.spec.restartPolicy: Invalid value: "OnFailure": only "Never" is supported when podFailurePolicy is specified',
  ],
  ["no schedule", newCron(cron({ schedule: "" })), "Required spec.schedule: Required value"],
  [
    "a schedule of three fields",
    newCron(cron({ schedule: "* * *" })),
    'Invalid spec.schedule: Invalid value: "* * *": expected exactly 5 fields, found 3: [* * *]',
  ],
  [
    "a schedule with a zone in it",
    newCron(cron({ schedule: "TZ=UTC * * * * *" })),
    'Invalid spec.schedule: Invalid value: "TZ=UTC * * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
  ],
  [
    "a zone that is none",
    newCron(cron({ timeZone: "Mars/Base" })),
    'Invalid spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base',
  ],
  [
    "a name that leaves no room",
    newCron({ ...cron(), metadata: { name: "x".repeat(53), namespace: "default" } }),
    `Invalid metadata.name: Invalid value: "${"x".repeat(53)}": must be no more than 52 characters`,
  ],
  [
    "jobs whose pods never end",
    newCron(cron({ jobTemplate: { spec: { template: pod({ restartPolicy: "Always" }) } } })),
    'Required spec.jobTemplate.spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
  ],
  [
    "other completions",
    turn(Jobs)(
      job({ completions: 2, manualSelector: true, ...selected() }),
      job({ completions: 3, manualSelector: true, ...selected() }),
    ),
    "Invalid spec.completions: Invalid value: 3: field is immutable",
  ],
];

function selected(): Draft<Job["spec"]> {
  const labels = { app: "web" };
  return { selector: { matchLabels: labels }, template: { metadata: { labels }, ...pod() } };
}

for (const [what, check] of accepted) test(`${what} is accepted`, () => assert.deepEqual(check(), []));
for (const [what, check, ...causes] of refused) test(`${what} is refused`, () => assert.deepEqual(check(), causes));

test("a job gets a selector and labels by its uid, and the usual defaults", () => {
  const { metadata, spec } = created(Jobs, job());
  const { template, selector, ...counts } = spec;
  assert.deepEqual(selector, { matchLabels: { "batch.kubernetes.io/controller-uid": "u-1" } });
  const labels = {
    "batch.kubernetes.io/controller-uid": "u-1",
    "batch.kubernetes.io/job-name": "web",
    "controller-uid": "u-1",
    "job-name": "web",
  };
  assert.deepEqual([template.metadata?.labels, metadata.labels], [labels, labels]);
  assert.deepEqual(counts, {
    backoffLimit: 6,
    completionMode: "NonIndexed",
    completions: 1,
    parallelism: 1,
    podReplacementPolicy: "TerminatingOrFailed",
    suspend: false,
  });
});
