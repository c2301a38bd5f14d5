import { ageColumn, nameColumn, selectorCell, templateColumns } from "#api/meta/columns.ts";
import { ago } from "#api/meta/human-duration.ts";
import type { Column } from "#api/resource.ts";
import type { CronJob } from "./cron-job.ts";

export const cronJobColumns: readonly Column<CronJob>[] = [
  nameColumn,
  { name: "Schedule", type: "string", description: "When jobs are made.", value: ({ spec }) => spec.schedule },
  {
    name: "Timezone",
    type: "string",
    description: "The time zone of the schedule.",
    value: ({ spec }) => spec.timeZone ?? "<none>",
  },
  {
    name: "Suspend",
    type: "string",
    description: "Whether it makes no jobs now.",
    value: ({ spec }) => (spec.suspend ? "True" : "False"),
  },
  {
    name: "Active",
    type: "integer",
    description: "Jobs that run.",
    value: ({ status }) => status?.active?.length ?? 0,
  },
  {
    name: "Last Schedule",
    type: "string",
    description: "Time since the last job was due.",
    value: ({ status }, now) => (status?.lastScheduleTime ? ago(status.lastScheduleTime, now) : "<none>"),
  },
  ageColumn,
  ...templateColumns<CronJob>(({ spec }) => spec.jobTemplate.spec?.template),
  {
    name: "Selector",
    type: "string",
    priority: 1,
    description: "Labels of the pods that belong to it.",
    value: ({ spec }) => selectorCell(spec.jobTemplate.spec?.selector),
  },
];
