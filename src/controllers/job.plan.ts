import type { Job, JobCondition, JobStatus } from "#api/batch/v1/job.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { parseTime, timestamp } from "#api/meta/time.ts";
import { type Account, account } from "./job-accounting.plan.ts";
import { parseIndexes } from "./job-indexes.ts";
import { endOf, endTimeOf, indexOf, isIndexed, isLeaving } from "./job-pods.ts";
import { podsToDelete } from "./pod-ranking.plan.ts";
import { isActive, isReady } from "./pods.ts";
import { withoutZeros } from "./status.ts";

export interface JobPlan {
  /** One entry for each pod to create; its number in an Indexed job. */
  readonly create: readonly (number | undefined)[];
  /** Surplus pods: they go uncounted. */
  readonly drop: readonly Pod[];
  /** Pods of a job that is about to end: they count as failed. */
  readonly stop: readonly Pod[];
  /** Pods whose end `status` holds. */
  readonly release: readonly Pod[];
  readonly status: JobStatus;
  readonly news: readonly News[];
  /** Milliseconds until something is due by the passing of time. */
  readonly again: number | undefined;
}

export interface News {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

interface Ending {
  readonly type: "SuccessCriteriaMet" | "FailureTarget";
  readonly reason: string;
  readonly message: string;
}

/** No more pods than this are created or deleted before the status is told. */
const maxBurst = 500;
const firstBackoffMs = 10_000;
const longestBackoffMs = 600_000;

export function conditionOf({ status }: Job, type: string): JobCondition | undefined {
  return status?.conditions?.find((condition) => condition.type === type && condition.status === "True");
}

export const isFinished = (job: Job): boolean => Boolean(conditionOf(job, "Complete") ?? conditionOf(job, "Failed"));

/** One step of a job: what to do with its pods, and the status that follows. */
export function planJob(job: Job, pods: readonly Pod[], now: number): JobPlan {
  const counted = account(job, pods);
  const active = pods.filter((pod) => isActive(pod));
  const startTime = startTimeOf(job, now);
  if (isFinished(job)) return { ...nothing, release: counted.release, status: job.status ?? {} };
  const ending = endingOf(job, pods, { counted, active: active.length, startTime, now });
  const status = (conditions: readonly JobCondition[]): JobStatus => ({
    ...counts(pods, counted),
    ...(conditions.length > 0 && { conditions: [...conditions] }),
    ...(startTime !== undefined && { startTime: timestamp(startTime) }),
  });
  if (ending) return finish(job, ending, { counted, active, leaving: pods.some(isLeaving), status, now });
  if (job.metadata.deletionTimestamp) {
    return { ...nothing, release: counted.release, status: status(job.status?.conditions ?? []) };
  }
  const { conditions, news } = suspension(job, now);
  const { create, drop, wait } = job.spec.suspend
    ? { create: [], drop: active, wait: undefined }
    : scale(job, pods, { counted, active, now });
  const waits = [wait, untilDeadline(job, startTime, now)].filter((ms) => ms !== undefined);
  const again = waits.length > 0 ? Math.min(...waits) : undefined;
  return { create, drop, stop: [], release: counted.release, status: status(conditions), news, again };
}

const nothing = { create: [], drop: [], stop: [], release: [], news: [], again: undefined } as const;

function counts(pods: readonly Pod[], { counts: counted }: Account): JobStatus {
  const { succeeded = 0, failed = 0, ...rest } = counted;
  const active = pods.filter(isActive);
  return {
    ...withoutZeros({ active: active.length, succeeded, failed }),
    ready: active.filter(isReady).length,
    terminating: pods.filter(isLeaving).length,
    ...rest,
  };
}

/** A suspended job does not run; when it goes on its time begins anew. */
function startTimeOf(job: Job, now: number): number | undefined {
  if (job.spec.suspend) return undefined;
  if (conditionOf(job, "Suspended") || !job.status?.startTime) return now;
  return parseTime(job.status.startTime);
}

interface Circumstances {
  readonly counted: Account;
  readonly active: number;
  readonly startTime: number | undefined;
  readonly now: number;
}

function endingOf(job: Job, pods: readonly Pod[], circumstances: Circumstances): Ending | undefined {
  for (const type of ["FailureTarget", "SuccessCriteriaMet"] as const) {
    const known = conditionOf(job, type);
    if (known) return { type, reason: known.reason ?? "", message: known.message ?? "" };
  }
  return failureOf(job, pods, circumstances) ?? successOf(job, circumstances);
}

function failureOf(job: Job, pods: readonly Pod[], { counted, startTime, now }: Circumstances): Ending | undefined {
  const { backoffLimit = 6, maxFailedIndexes, completions = 0 } = job.spec;
  const failed = (reason: string, message: string): Ending => ({ type: "FailureTarget", reason, message });
  if (counted.failJob !== undefined) return failed("PodFailurePolicy", counted.failJob);
  if (counted.failed > backoffLimit || restartsExceed(job, pods, backoffLimit)) {
    return failed("BackoffLimitExceeded", "Job has reached the specified backoff limit");
  }
  if (untilDeadline(job, startTime, now) === 0) {
    return failed("DeadlineExceeded", "Job was active longer than specified deadline");
  }
  const { failedIndexes, completed } = counted;
  if (maxFailedIndexes !== undefined && failedIndexes.size > maxFailedIndexes) {
    const message = "Job has exceeded the specified maximal number of failed indexes";
    return failed("MaxFailedIndexesExceeded", message);
  }
  if (isIndexed(job) && failedIndexes.size > 0 && failedIndexes.size + completed.size >= completions) {
    return failed("FailedIndexes", "Job has failed indexes");
  }
  return undefined;
}

/** Containers that are restarted in their pod count as well. */
function restartsExceed(job: Job, pods: readonly Pod[], limit: number): boolean {
  if (job.spec.template.spec?.restartPolicy !== "OnFailure") return false;
  let restarts = 0;
  for (const { status } of pods.filter((pod) => isActive(pod) || isLeaving(pod))) {
    for (const each of [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])]) {
      restarts += each.restartCount;
    }
  }
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

function successOf(job: Job, { counted, active }: Circumstances): Ending | undefined {
  const met = (reason: string, message: string): Ending => ({ type: "SuccessCriteriaMet", reason, message });
  const rule = successRule(job, counted.completed);
  if (rule >= 0) return met("SuccessPolicy", `Matched rules at index ${rule}`);
  const { completions } = job.spec;
  const enough = completions === undefined ? counted.succeeded > 0 && active === 0 : counted.succeeded >= completions;
  return enough ? met("CompletionsReached", "Reached expected number of succeeded pods") : undefined;
}

function successRule(job: Job, completed: ReadonlySet<number>): number {
  const rules = job.spec.successPolicy?.rules ?? [];
  return rules.findIndex(({ succeededIndexes, succeededCount }) => {
    const wanted = succeededIndexes === undefined ? undefined : parseIndexes(succeededIndexes, job.spec.completions);
    const done = wanted ? [...wanted].filter((index) => completed.has(index)).length : completed.size;
    return done >= (succeededCount ?? wanted?.size ?? Number.POSITIVE_INFINITY);
  });
}

interface Last {
  readonly counted: Account;
  readonly active: readonly Pod[];
  readonly leaving: boolean;
  readonly now: number;
  status(conditions: readonly JobCondition[]): JobStatus;
}

/** The end is said in two steps: what it will be at once, and that it is when no pod runs and all are counted. */
function finish(job: Job, ending: Ending, { counted, active, leaving, status, now }: Last): JobPlan {
  const { reason, message } = ending;
  let conditions = withCondition(job.status?.conditions ?? [], ending, now);
  const { release } = counted;
  if (active.length > 0 || leaving || !counted.settled) {
    return { ...nothing, stop: active, release, status: status(conditions) };
  }
  const done = ending.type === "SuccessCriteriaMet";
  conditions = withCondition(conditions, { type: done ? "Complete" : "Failed", reason, message }, now);
  const news: News = done
    ? { type: "Normal", reason: "Completed", message: "Job completed" }
    : { type: "Warning", reason, message };
  return {
    ...nothing,
    news: [news],
    release,
    status: { ...status(conditions), ...(done && { completionTime: timestamp(now) }) },
  };
}

function withCondition(
  conditions: readonly JobCondition[],
  { type, reason, message, status = "True" }: { type: string; reason: string; message: string; status?: string },
  now: number,
): JobCondition[] {
  const known = conditions.find((condition) => condition.type === type);
  if (known?.status === status) return [...conditions];
  const time = timestamp(now);
  const condition = { type, status, lastProbeTime: time, lastTransitionTime: time, reason, message };
  return [...conditions.filter((each) => each !== known), condition];
}

function suspension(job: Job, now: number): { conditions: readonly JobCondition[]; news: readonly News[] } {
  const { conditions = [] } = job.status ?? {};
  const was = conditionOf(job, "Suspended") !== undefined;
  if (Boolean(job.spec.suspend) === was) return { conditions, news: [] };
  const [status, reason, message] = was
    ? (["False", "JobResumed", "Job resumed"] as const)
    : (["True", "JobSuspended", "Job suspended"] as const);
  const news: News = { type: "Normal", reason: was ? "Resumed" : "Suspended", message };
  return { conditions: withCondition(conditions, { type: "Suspended", status, reason, message }, now), news: [news] };
}

/** 0 when the deadline has passed; undefined when there is none. */
function untilDeadline({ spec }: Job, startTime: number | undefined, now: number): number | undefined {
  if (spec.activeDeadlineSeconds === undefined || startTime === undefined) return undefined;
  return Math.max(startTime + spec.activeDeadlineSeconds * 1000 - now, 0);
}

interface Situation {
  readonly counted: Account;
  readonly active: readonly Pod[];
  readonly now: number;
}

interface Scaling {
  readonly create: readonly (number | undefined)[];
  readonly drop: readonly Pod[];
  readonly wait: number | undefined;
}

function scale(job: Job, pods: readonly Pod[], { counted, active, now }: Situation): Scaling {
  const { parallelism = 1, completions } = job.spec;
  const surplus = surplusIndexes(job, active, counted);
  const useful = active.filter((pod) => !surplus.includes(pod));
  let wanted: number;
  if (completions === undefined) wanted = counted.succeeded > 0 ? useful.length : parallelism;
  else wanted = Math.min(completions - counted.succeeded - counted.failedIndexes.size, parallelism);
  const excess = useful.length - wanted;
  if (excess > 0 || surplus.length > 0) {
    const least = excess > 0 ? podsToDelete(useful, active, excess, now) : [];
    return { create: [], drop: [...surplus, ...least].slice(0, maxBurst), wait: undefined };
  }
  const leaving = job.spec.podReplacementPolicy === "Failed" ? pods.filter(isLeaving).length : 0;
  const missing = Math.min(wanted - useful.length - leaving, maxBurst);
  if (missing <= 0) return { create: [], drop: [], wait: undefined };
  const wait = backoff(job, pods, now);
  if (wait > 0) return { create: [], drop: [], wait };
  const create = isIndexed(job)
    ? freeIndexes(job, pods, counted, missing)
    : Array.from({ length: missing }, () => undefined);
  return { create, drop: [], wait: undefined };
}

/** Two pods of one number, or one of a number that there no longer is. */
function surplusIndexes(job: Job, active: readonly Pod[], { completed }: Account): Pod[] {
  if (!isIndexed(job)) return [];
  const seen = new Set<number>();
  return active.filter((pod) => {
    const index = indexOf(pod);
    if (index === undefined || seen.has(index) || completed.has(index)) return true;
    seen.add(index);
    return index >= (job.spec.completions ?? 0);
  });
}

function freeIndexes(job: Job, pods: readonly Pod[], counted: Account, count: number): number[] {
  const waits = job.spec.podReplacementPolicy === "Failed";
  const taken = new Set(pods.filter((pod) => isActive(pod) || (waits && isLeaving(pod))).map(indexOf));
  const free: number[] = [];
  for (let index = 0; index < (job.spec.completions ?? 0) && free.length < count; index++) {
    if (!taken.has(index) && !counted.completed.has(index) && !counted.failedIndexes.has(index)) free.push(index);
  }
  return free;
}

/** Milliseconds to wait after failures in a row: 10 s after the first, twice as long after each, at most 10 minutes. */
export function backoff(job: Job, pods: readonly Pod[], now: number): number {
  const ended = pods.map((pod) => ({ end: endOf(job, pod), time: endTimeOf(pod) }));
  const lastSuccess = Math.max(0, ...ended.filter(({ end }) => end === "succeeded").map(({ time }) => time));
  const failures = ended.filter(({ end, time }) => end === "failed" && time > lastSuccess).map(({ time }) => time);
  if (failures.length === 0) return 0;
  const ms = Math.min(firstBackoffMs * 2 ** (failures.length - 1), longestBackoffMs);
  return Math.max(Math.max(...failures) + ms - now, 0);
}
