import type { CronJob } from "#api/batch/v1/cron-job.ts";
import type { Job } from "#api/batch/v1/job.ts";
import type { Schedule } from "#api/meta/cron-schedule.ts";
import type { Draft } from "#api/meta/object-meta.ts";
import { parseTime } from "#api/meta/time.ts";
import { conditionOf, isFinished } from "./job.plan.ts";

/** More missed times than these are no longer counted: somebody's clock or deadline is wrong. */
const mostMissed = 100;

export interface DueTimes {
  /** The last time that has come and for which no job was made. */
  readonly due: number | undefined;
  readonly tooManyMissed: boolean;
  /** The first time that is still to come. */
  readonly next: number | undefined;
}

/** What is due since the last job, or since there is the CronJob; times past the starting deadline are not looked at. */
export function dueTimes({ metadata, spec, status }: CronJob, schedule: Schedule, now: number): DueTimes {
  const deadline = spec.startingDeadlineSeconds;
  const last = parseTime(status?.lastScheduleTime ?? metadata.creationTimestamp);
  const since = deadline === undefined ? last : Math.max(last, now - deadline * 1000);
  const next = schedule.next(now);
  let due: number | undefined;
  let count = 0;
  for (let time = schedule.next(since); time !== undefined && time <= now; time = schedule.next(time)) {
    due = time;
    if (++count > mostMissed) return { due: latest(schedule, time, now), tooManyMissed: true, next };
  }
  return { due, tooManyMissed: false, next };
}

/** The last time up to `now`, looked for from near it outwards instead of one by one from far away. */
function latest(schedule: Schedule, known: number, now: number): number {
  for (let span = 60_000; now - span > known; span *= 2) {
    let found: number | undefined;
    for (let time = schedule.next(now - span); time !== undefined && time <= now; time = schedule.next(time))
      found = time;
    if (found !== undefined) return found;
  }
  let found = known;
  for (let time = schedule.next(known); time !== undefined && time <= now; time = schedule.next(time)) found = time;
  return found;
}

export const scheduledTimestamp = "batch.kubernetes.io/cronjob-scheduled-timestamp";

/** One name for each time, so that no time gets two jobs. */
export const jobNameAt = (cronJob: CronJob, time: number): string =>
  `${cronJob.metadata.name}-${Math.floor(time / 60_000)}`;

export function jobAt(cronJob: CronJob, time: number): Draft<Job> {
  const { metadata = {}, spec } = cronJob.spec.jobTemplate;
  return {
    metadata: {
      name: jobNameAt(cronJob, time),
      namespace: cronJob.metadata.namespace ?? "",
      ...(metadata.labels && { labels: metadata.labels }),
      annotations: { ...metadata.annotations, [scheduledTimestamp]: localTime(time, cronJob.spec.timeZone) },
    },
    spec: spec ?? {},
  };
}

/** RFC 3339 with the offset of the zone at that time. */
export function localTime(time: number, timeZone: string | undefined): string {
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" });
  const wall = format.format(time).replace(" ", "T");
  const offset = Math.round((Date.parse(`${wall}Z`) - time) / 60_000);
  if (offset === 0) return `${wall}Z`;
  const digits = (n: number) => String(n).padStart(2, "0");
  const size = Math.abs(offset);
  return `${wall}${offset < 0 ? "-" : "+"}${digits(Math.floor(size / 60))}:${digits(size % 60)}`;
}

/** Ended jobs past the limits, the oldest first. */
export function jobsToForget({ spec }: CronJob, jobs: readonly Job[]): Job[] {
  const past = (ended: Job[], limit: number | undefined) => {
    const sorted = ended.toSorted((a, b) => startOf(a) - startOf(b) || (a.metadata.name < b.metadata.name ? -1 : 1));
    return limit === undefined ? [] : sorted.slice(0, Math.max(sorted.length - limit, 0));
  };
  const finished = jobs.filter((job) => isFinished(job) && !job.metadata.deletionTimestamp);
  const failed = (job: Job) => conditionOf(job, "Failed") !== undefined;
  return [
    ...past(
      finished.filter((job) => !failed(job)),
      spec.successfulJobsHistoryLimit,
    ),
    ...past(finished.filter(failed), spec.failedJobsHistoryLimit),
  ];
}

const startOf = ({ metadata, status }: Job) => parseTime(status?.startTime ?? metadata.creationTimestamp);
