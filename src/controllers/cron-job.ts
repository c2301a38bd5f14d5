import { type CronJob, type CronJobStatus, CronJobs } from "#api/batch/v1/cron-job.ts";
import { type Job, Jobs } from "#api/batch/v1/job.ts";
import { isAlreadyExists, isNotFound } from "#api/meta/api-error.ts";
import { parseSchedule } from "#api/meta/cron-schedule.ts";
import { parseTime, timestamp } from "#api/meta/time.ts";
import { type ControllerDefinition, type Outcome, type ReconcileContext, Terminal } from "#controller/controller.ts";
import { controllerReference, isControlledBy } from "#controller/owners.ts";
import { dueTimes, jobAt, jobNameAt, jobsToForget } from "./cron-job.plan.ts";
import { conditionOf, isFinished } from "./job.plan.ts";
import { messageOf } from "./pod-control.ts";
import { sameStatus } from "./status.ts";

/** Makes jobs when they are due. */
export const cronJobController: ControllerDefinition<typeof CronJobs> = {
  name: "cronjob-controller",
  for: CronJobs,
  owns: [Jobs],

  async reconcile(key, context) {
    const { cache, client } = context;
    const cronJob = cache.find(CronJobs, key);
    if (!cronJob) return;
    const jobs = cache.ownedBy(Jobs, cronJob);
    await forget(cronJob, jobs, context);
    const status = takeStock(cronJob, jobs, context);
    const outcome = cronJob.metadata.deletionTimestamp ? undefined : await keepTime(cronJob, jobs, status, context);
    if (!sameStatus(cronJob.status, status)) await client.updateStatus(CronJobs, { ...cronJob, status });
    return outcome;
  },
};

async function forget(cronJob: CronJob, jobs: readonly Job[], context: ReconcileContext): Promise<void> {
  for (const job of jobsToForget(cronJob, jobs)) await deleteJob(cronJob, job, context);
}

async function deleteJob(cronJob: CronJob, job: Job, { client, events }: ReconcileContext): Promise<void> {
  const { name, uid } = job.metadata;
  try {
    await client.delete(Jobs, job.metadata, { propagationPolicy: "Background", preconditions: { uid } });
    events.event(cronJob, "Normal", "SuccessfulDelete", `Deleted job ${name}`);
  } catch (error) {
    if (isNotFound(error)) return; // gone is what it should be
    events.event(cronJob, "Warning", "FailedDelete", `Deleted job: ${messageOf(error)}`);
    throw error;
  }
}

/** Which jobs run, and when the last one succeeded. */
function takeStock(cronJob: CronJob, jobs: readonly Job[], { events }: ReconcileContext): CronJobStatus {
  const { active = [], ...rest } = cronJob.status ?? {};
  const status: CronJobStatus = { ...rest };
  const running = new Set(active.map(({ uid }) => uid));
  for (const job of jobs) {
    const { uid, name } = job.metadata;
    if (!isFinished(job)) {
      if (running.has(uid)) continue;
      events.event(
        cronJob,
        "Warning",
        "UnexpectedJob",
        `Saw a job that the controller did not create or forgot: ${name}`,
      );
      continue;
    }
    const end = conditionOf(job, "Complete") ? "Complete" : "Failed";
    if (running.delete(uid)) {
      events.event(cronJob, "Normal", "SawCompletedJob", `Saw completed job: ${name}, condition: ${end}`);
    }
    const { completionTime } = job.status ?? {};
    if (end === "Complete" && completionTime && !(parseTime(status.lastSuccessfulTime) >= parseTime(completionTime))) {
      status.lastSuccessfulTime = completionTime;
    }
  }
  const known = new Set(jobs.map(({ metadata }) => metadata.uid));
  for (const { uid, name } of active) {
    if (known.has(uid ?? "") || !running.delete(uid)) continue;
    events.event(cronJob, "Normal", "MissingJob", `Active job went missing: ${name}`);
  }
  const left = active.filter(({ uid }) => running.has(uid));
  return { ...status, ...(left.length > 0 && { active: left }) };
}

/** Makes the job that is due, if it may, and says when to look again. Changes `status`. */
async function keepTime(
  cronJob: CronJob,
  jobs: readonly Job[],
  status: CronJobStatus,
  context: ReconcileContext,
): Promise<Outcome> {
  const { clock, events } = context;
  const { spec } = cronJob;
  if (spec.suspend) return;
  const now = clock.now();
  const { due, tooManyMissed, next } = dueTimes(cronJob, scheduleOf(cronJob, context), now);
  if (tooManyMissed) {
    const message = "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew";
    events.event(cronJob, "Warning", "TooManyMissedTimes", message);
  }
  if (due !== undefined) await makeDue(cronJob, { jobs, status, due, now }, context);
  return next === undefined ? undefined : { again: next - now };
}

function scheduleOf(cronJob: CronJob, { events }: ReconcileContext) {
  const { spec } = cronJob;
  try {
    return parseSchedule(spec.schedule, spec.timeZone);
  } catch (error) {
    const message = `unparseable schedule: ${JSON.stringify(spec.schedule)} : ${messageOf(error)}`;
    events.event(cronJob, "Warning", "UnparseableSchedule", message);
    throw new Terminal(message);
  }
}

interface Due {
  readonly jobs: readonly Job[];
  readonly status: CronJobStatus;
  readonly due: number;
  readonly now: number;
}

async function makeDue(cronJob: CronJob, { jobs, status, due, now }: Due, context: ReconcileContext): Promise<void> {
  const { spec } = cronJob;
  const { events } = context;
  const deadline = spec.startingDeadlineSeconds;
  if (deadline !== undefined && due + deadline * 1000 < now) {
    const message = `Missed scheduled time to start a job: ${new Date(due).toUTCString().replace("GMT", "+0000")}`;
    events.event(cronJob, "Warning", "MissSchedule", message);
    return;
  }
  const { active = [] } = status;
  if (spec.concurrencyPolicy === "Forbid" && active.length > 0) {
    const message = "Not starting job because prior execution is running and concurrency policy is Forbid";
    events.event(cronJob, "Normal", "JobAlreadyActive", message);
    return;
  }
  if (spec.concurrencyPolicy === "Replace") {
    const running = new Set(active.map(({ uid }) => uid));
    for (const job of jobs) if (running.has(job.metadata.uid)) await deleteJob(cronJob, job, context);
    delete status.active;
  }
  const job = await createJob(cronJob, due, context);
  if (!job) return;
  status.lastScheduleTime = timestamp(due);
  if (isFinished(job)) return;
  const { name, namespace, uid, resourceVersion } = job.metadata;
  const reference = { kind: job.kind, apiVersion: job.apiVersion, namespace, name, uid, resourceVersion };
  status.active = [...(status.active ?? []), reference] as NonNullable<CronJobStatus["active"]>;
}

async function createJob(
  cronJob: CronJob,
  due: number,
  { client, events }: ReconcileContext,
): Promise<Job | undefined> {
  const draft = jobAt(cronJob, due);
  const ownerReferences = [controllerReference(CronJobs, cronJob)];
  try {
    const job = await client.create(Jobs, { ...draft, metadata: { ...draft.metadata, ownerReferences } });
    events.event(cronJob, "Normal", "SuccessfulCreate", `Created job ${job.metadata.name}`);
    return job;
  } catch (error) {
    if (isAlreadyExists(error)) {
      const job = await client.get(Jobs, { namespace: cronJob.metadata.namespace, name: jobNameAt(cronJob, due) });
      if (isControlledBy(job, cronJob)) return job; // made before a crash, and not noted then
    }
    events.event(cronJob, "Warning", "FailedCreate", `Error creating job: ${messageOf(error)}`);
    if (isAlreadyExists(error)) return undefined;
    throw error;
  }
}
