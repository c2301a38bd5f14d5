import { jobLabels } from "#api/batch/v1/job.rules.ts";
import { type Job, Jobs } from "#api/batch/v1/job.ts";
import { type Pod, Pods } from "#api/core/v1/pod.ts";
import { type ControllerDefinition, cacheIndex, type ReconcileContext, wake } from "#controller/controller.ts";
import { removeFinalizer } from "#controller/finalizers.ts";
import { controllerOf } from "#controller/owners.ts";
import { inGrowingBatches } from "./batches.ts";
import { type JobPlan, planJob } from "./job.plan.ts";
import { isTracked, jobPod, trackingFinalizer } from "./job-pods.ts";
import { createPod, deletePod } from "./pod-control.ts";
import { sameStatus } from "./status.ts";

/** Pods that a job's finalizer holds, by the job's namespace and name. */
const held = "heldByJob";
const jobNameOf = (pod: Pod) => pod.metadata.labels?.[jobLabels.name] ?? controllerOf(pod)?.name;
const ownController = "kubernetes.io/job-controller";

/** Runs the pods of jobs and counts how they end. */
export const jobController: ControllerDefinition<typeof Jobs> = {
  name: "job-controller",
  for: Jobs,
  owns: [Pods],
  indexes: [cacheIndex(Pods, held, (pod) => (isTracked(pod) ? [`${pod.metadata.namespace}/${jobNameOf(pod)}`] : []))],
  wakes: [
    // a pod that no longer belongs to its job, or whose job is gone, must not be held for ever
    wake(Pods, (pod) => {
      const name = isTracked(pod) ? jobNameOf(pod) : undefined;
      return name ? [{ namespace: pod.metadata.namespace, name }] : [];
    }),
  ],

  async reconcile(key, context) {
    const { cache, client, clock } = context;
    const job = cache.find(Jobs, key);
    const tracked = cache.indexed(Pods, held, `${key.namespace}/${key.name}`);
    const strangers = tracked.filter((pod) => !job || controllerOf(pod)?.uid !== job.metadata.uid);
    for (const pod of strangers) await removeFinalizer(client, Pods, pod, trackingFinalizer);
    if (!job || (job.spec.managedBy ?? ownController) !== ownController) return;
    const plan = planJob(job, cache.ownedBy(Pods, job), clock.now());
    const { changed, error } = await changePods(job, plan, context);
    const status = changed === 0 ? plan.status : { ...plan.status, active: (plan.status.active ?? 0) + changed };
    if (!sameStatus(job.status, status)) await client.updateStatus(Jobs, { ...job, status });
    for (const { type, reason, message } of plan.news) context.events.event(job, type, reason, message);
    await Promise.all(plan.release.map((pod) => removeFinalizer(client, Pods, pod, trackingFinalizer)));
    if (error !== undefined) throw error;
    return plan.again === undefined ? undefined : { again: plan.again };
  },
};

/** Resolves with how many more pods are active then, and what went wrong. */
async function changePods(
  job: Job,
  { create, drop, stop }: JobPlan,
  context: ReconcileContext,
): Promise<{ readonly changed: number; readonly error?: unknown }> {
  const indexes = create.values();
  const created = await inGrowingBatches(create.length, async () => {
    await createPod(Jobs, job, jobPod(job, indexes.next().value), context);
  });
  if (created.error !== undefined) return { changed: created.done, error: created.error };
  const removals = [
    ...drop.map((pod) => dropPod(job, pod, context)),
    ...stop.map((pod) => deletePod(job, pod, context)),
  ];
  const removed = await Promise.allSettled(removals);
  const failed = removed.find((result) => result.status === "rejected");
  const gone = removed.filter((result) => result.status === "fulfilled").length;
  return { changed: created.done - gone, ...(failed && { error: failed.reason }) };
}

/** Without its finalizer nobody counts its end. */
async function dropPod(job: Job, pod: Pod, context: ReconcileContext): Promise<void> {
  if (isTracked(pod)) await removeFinalizer(context.client, Pods, pod, trackingFinalizer);
  await deletePod(job, pod, context);
}
