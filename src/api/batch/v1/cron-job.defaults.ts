import type { CronJob, CronJobSpec } from "./cron-job.ts";

export function deriveCronJob(job: CronJob): void {
  job.status ??= {};
}

export function deriveCronJobSpec(spec: CronJobSpec): void {
  spec.concurrencyPolicy ??= "Allow";
  spec.suspend ??= false;
  spec.successfulJobsHistoryLimit ??= 3;
  spec.failedJobsHistoryLimit ??= 1;
}
