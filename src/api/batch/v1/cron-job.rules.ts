import { checkNotNegative } from "#api/meta/check.ts";
import { isTimeZone, parseSchedule } from "#api/meta/cron-schedule.ts";
import type { Rules } from "#api/resource.ts";
import { invalid, type Problem, required } from "#schema/problem.ts";
import type { CronJob, CronJobSpec } from "./cron-job.ts";

/** The names of the jobs are eleven characters longer. */
const longestName = 52;

export const cronJobRules: Rules<CronJob> = {
  create(draft) {
    draft.status = {};
  },
  check({ metadata: { name = "" } }, old) {
    if (old || name.length <= longestName) return [];
    return [invalid("metadata.name", name, `must be no more than ${longestName} characters`)];
  },
};

export function checkCronJobSpec(spec: CronJobSpec, path: string): Problem[] {
  return [
    ...checkSchedule(spec, path),
    ...checkNotNegative(`${path}.startingDeadlineSeconds`, spec.startingDeadlineSeconds),
    ...checkTimeZone(spec.timeZone, `${path}.timeZone`),
    ...checkNotNegative(`${path}.successfulJobsHistoryLimit`, spec.successfulJobsHistoryLimit),
    ...checkNotNegative(`${path}.failedJobsHistoryLimit`, spec.failedJobsHistoryLimit),
  ];
}

function checkSchedule({ schedule }: CronJobSpec, path: string): Problem[] {
  const field = `${path}.schedule`;
  if (!schedule) return [required(field)];
  if (schedule.includes("TZ")) {
    return [invalid(field, schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead")];
  }
  try {
    parseSchedule(schedule);
    return [];
  } catch (error) {
    return [invalid(field, schedule, (error as Error).message)];
  }
}

function checkTimeZone(zone: string | undefined, field: string): Problem[] {
  if (zone === undefined) return [];
  if (zone === "") return [invalid(field, zone, "timeZone must be nil or non-empty string")];
  if (zone.toLowerCase() === "local")
    return [
      invalid(field, zone, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"),
    ];
  return isTimeZone(zone) ? [] : [invalid(field, zone, `unknown time zone ${zone}`)];
}
