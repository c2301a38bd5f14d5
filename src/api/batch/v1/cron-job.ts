import { ObjectReference } from "#api/core/v1/object-reference.ts";
import { type KubeObject, kubeObject, ObjectMeta } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { bool, enumOf, type Infer, int, list, long, ref, string, struct, time } from "#schema/nodes.ts";
import { cronJobColumns } from "./cron-job.columns.ts";
import { deriveCronJob, deriveCronJobSpec } from "./cron-job.defaults.ts";
import { checkCronJobSpec, cronJobRules } from "./cron-job.rules.ts";
import { JobSpec } from "./job.ts";

export const JobTemplateSpec = struct("io.k8s.api.batch.v1.JobTemplateSpec", {
  metadata: ref(ObjectMeta, { tag: 1, description: "Labels and annotations of the jobs." }),
  spec: ref(JobSpec, { tag: 2, description: "What the jobs should run." }),
});

export interface JobTemplateSpec extends Infer<typeof JobTemplateSpec> {}

export const CronJobSpec = struct(
  "io.k8s.api.batch.v1.CronJobSpec",
  {
    schedule: string({
      tag: 1,
      required: true,
      keepEmpty: true,
      description: "When: minute, hour, day of month, month, day of week.",
    }),
    timeZone: string({ tag: 8, description: "The time zone of the schedule; that of the server when missing." }),
    startingDeadlineSeconds: long({ tag: 2, description: "Seconds that a job may start late; later it is left out." }),
    concurrencyPolicy: enumOf(["Allow", "Forbid", "Replace"], {
      tag: 3,
      description: "What happens when the last job still runs: Allow, Forbid or Replace.",
    }),
    suspend: bool({ tag: 4, description: "No jobs are made while it is true." }),
    jobTemplate: ref(JobTemplateSpec, {
      tag: 5,
      required: true,
      keepEmpty: true,
      description: "What the jobs look like.",
    }),
    successfulJobsHistoryLimit: int({ tag: 6, description: "How many successful jobs are kept; 3 by default." }),
    failedJobsHistoryLimit: int({ tag: 7, description: "How many failed jobs are kept; 1 by default." }),
  },
  {
    description: "What a cron job makes and when.",
    check: (v, path) => checkCronJobSpec(v, path),
    derive: (v) => deriveCronJobSpec(v),
  },
);

export interface CronJobSpec extends Infer<typeof CronJobSpec> {}

export const CronJobStatus = struct("io.k8s.api.batch.v1.CronJobStatus", {
  active: list(ObjectReference, { tag: 1, description: "Jobs that run." }),
  lastScheduleTime: time({ tag: 4, description: "The time for which the last job was made." }),
  lastSuccessfulTime: time({ tag: 5, description: "When the last job succeeded." }),
});

export interface CronJobStatus extends Infer<typeof CronJobStatus> {}

export const CronJob = kubeObject(
  "io.k8s.api.batch.v1.CronJob",
  {
    spec: ref(CronJobSpec, { tag: 2, default: {}, description: "What is to be made and when." }),
    status: ref(CronJobStatus, { tag: 3, description: "What was made." }),
  },
  { description: "Makes jobs at given times.", derive: (v) => deriveCronJob(v) },
);

export interface CronJob extends Infer<typeof CronJob>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const CronJobs = defineResource<CronJob>({
  group: "batch",
  version: "v1",
  kind: "CronJob",
  plural: "cronjobs",
  scope: "Namespaced",
  schema: CronJob,
  shortNames: ["cj"],
  categories: ["all"],
  subresources: ["status"],
  columns: cronJobColumns,
  rules: cronJobRules,
});
