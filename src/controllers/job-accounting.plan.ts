import type { Job, JobStatus } from "#api/batch/v1/job.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { judge } from "./job-failure-policy.plan.ts";
import { formatIndexes, parseIndexes } from "./job-indexes.ts";
import { endOf, indexOf, isIndexed, isTracked } from "./job-pods.ts";

/** What the pods that have ended come to. */
export interface Account {
  readonly counts: Pick<
    JobStatus,
    "succeeded" | "failed" | "completedIndexes" | "failedIndexes" | "uncountedTerminatedPods"
  >;
  /** Ends that are counted or noted. */
  readonly succeeded: number;
  readonly failed: number;
  readonly completed: ReadonlySet<number>;
  readonly failedIndexes: ReadonlySet<number>;
  /** Nothing is left between noted and counted. */
  readonly settled: boolean;
  /** Their ends are in `counts`: once that is written they need not be kept any more. */
  readonly release: readonly Pod[];
  /** A rule about failures says that the job fails, and why. */
  readonly failJob: string | undefined;
}

/**
 * Counts every end once, whatever is lost in between: first the uid of a pod is noted in the status, then the pod's
 * finalizer goes, and only when no finalizer holds the pod any more does the note become part of the count. Indexes need
 * no notes, as counting one twice changes nothing.
 */
export function account(job: Job, pods: readonly Pod[]): Account {
  const { status = {} } = job;
  const held = new Set(pods.filter(isTracked).map(({ metadata }) => metadata.uid));
  const noted = status.uncountedTerminatedPods ?? {};
  const kept = (uids: readonly string[] = []) => uids.filter((uid) => held.has(uid));
  const [succeededNotes, failedNotes] = [kept(noted.succeeded), kept(noted.failed)];
  const gone = (uids: readonly string[] = [], still: readonly string[]) => uids.length - still.length;
  const counted = {
    succeeded: (status.succeeded ?? 0) + gone(noted.succeeded, succeededNotes),
    failed: (status.failed ?? 0) + gone(noted.failed, failedNotes),
  };
  const known = new Set([...succeededNotes, ...failedNotes]);
  const completed = parseIndexes(status.completedIndexes, job.spec.completions);
  const release: Pod[] = [];
  let failJob: string | undefined;
  for (const pod of pods.filter(isTracked)) {
    const end = endOf(job, pod);
    if (!end) continue;
    release.push(pod);
    const { uid } = pod.metadata;
    if (known.has(uid)) continue;
    if (end === "failed") {
      const { action, message } = judge(job, pod);
      failJob ??= message;
      if (action !== "Ignore") failedNotes.push(uid);
    } else if (!isIndexed(job)) succeededNotes.push(uid);
    else completed.add(indexOf(pod) ?? 0);
  }
  const failedIndexes = failedIndexesOf(job, pods, completed);
  const counts = {
    succeeded: isIndexed(job) ? completed.size : counted.succeeded,
    failed: counted.failed,
    ...(isIndexed(job) && { completedIndexes: formatIndexes(completed) }),
    ...(job.spec.backoffLimitPerIndex !== undefined && { failedIndexes: formatIndexes(failedIndexes) }),
    uncountedTerminatedPods: {
      ...(succeededNotes.length > 0 && { succeeded: succeededNotes }),
      ...(failedNotes.length > 0 && { failed: failedNotes }),
    },
  };
  return {
    counts,
    succeeded: isIndexed(job) ? completed.size : counted.succeeded + succeededNotes.length,
    failed: counted.failed + failedNotes.length,
    completed,
    failedIndexes,
    settled: release.length === 0 && succeededNotes.length + failedNotes.length === 0,
    release,
    failJob,
  };
}

/** Indexes that have failed once more than they may, or at once by a rule. */
function failedIndexesOf(job: Job, pods: readonly Pod[], completed: ReadonlySet<number>): Set<number> {
  const { backoffLimitPerIndex: limit, completions = 0 } = job.spec;
  const failed = parseIndexes(job.status?.failedIndexes, completions);
  if (limit === undefined) return failed;
  const failures = new Map<number, number>();
  for (const pod of pods) {
    const index = indexOf(pod);
    if (index === undefined || index >= completions || endOf(job, pod) !== "failed") continue;
    const { action } = judge(job, pod);
    const more = action === "FailIndex" ? limit + 1 : action === "Ignore" ? 0 : 1;
    failures.set(index, (failures.get(index) ?? 0) + more);
  }
  for (const [index, count] of failures) if (count > limit && !completed.has(index)) failed.add(index);
  return failed;
}
