import { type Job, Jobs } from "#api/batch/v1/job.ts";
import { isNotFound } from "#api/meta/api-error.ts";
import { parseTime } from "#api/meta/time.ts";
import type { ControllerDefinition } from "#controller/controller.ts";
import { conditionOf } from "./job.plan.ts";

/** Deletes jobs some time after their end, as they say themselves. */
export const ttlAfterFinishedController: ControllerDefinition<typeof Jobs> = {
  name: "ttl-after-finished-controller",
  for: Jobs,

  async reconcile(key, { cache, client, clock }) {
    const job = cache.find(Jobs, key);
    if (!job) return;
    const due = dueTime(job);
    if (due === undefined) return;
    const wait = due - clock.now();
    if (wait > 0) return { again: wait };
    const { uid, resourceVersion } = job.metadata;
    try {
      const preconditions = { uid, resourceVersion };
      await client.delete(Jobs, key, { propagationPolicy: "Foreground", preconditions });
    } catch (error) {
      if (!isNotFound(error)) throw error; // gone is what it should be
    }
  },
};

function dueTime(job: Job): number | undefined {
  const { ttlSecondsAfterFinished: ttl } = job.spec;
  const end = conditionOf(job, "Complete") ?? conditionOf(job, "Failed");
  if (ttl === undefined || !end || job.metadata.deletionTimestamp) return undefined;
  return parseTime(end.lastTransitionTime) + ttl * 1000;
}
