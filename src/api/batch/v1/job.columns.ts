import { ageColumn, nameColumn, selectorCell, templateColumns } from "#api/meta/columns.ts";
import { humanDuration } from "#api/meta/human-duration.ts";
import { parseTime } from "#api/meta/time.ts";
import type { Column } from "#api/resource.ts";
import type { Job } from "./job.ts";

const holds = ({ status }: Job, type: string) =>
  status?.conditions?.some((condition) => condition.type === type && condition.status === "True") ?? false;

function statusCell(job: Job): string {
  if (holds(job, "Complete")) return "Complete";
  if (holds(job, "Failed")) return "Failed";
  if (job.metadata.deletionTimestamp) return "Terminating";
  return ["Suspended", "FailureTarget", "SuccessCriteriaMet"].find((type) => holds(job, type)) ?? "Running";
}

function completionsCell({ spec, status }: Job): string {
  const done = status?.succeeded ?? 0;
  if (spec.completions !== undefined) return `${done}/${spec.completions}`;
  const { parallelism = 0 } = spec;
  return parallelism > 1 ? `${done}/1 of ${parallelism}` : `${done}/1`;
}

export const jobColumns: readonly Column<Job>[] = [
  nameColumn,
  { name: "Status", type: "string", description: "How far it is.", value: statusCell },
  { name: "Completions", type: "string", description: "Successes, of all that are wanted.", value: completionsCell },
  {
    name: "Duration",
    type: "string",
    description: "Time from its start to its end.",
    value: ({ status }, now) => {
      if (!status?.startTime) return "";
      const end = status.completionTime ? parseTime(status.completionTime) : now;
      return humanDuration(end - parseTime(status.startTime));
    },
  },
  ageColumn,
  ...templateColumns<Job>((job) => job.spec.template),
  {
    name: "Selector",
    type: "string",
    priority: 1,
    description: "Labels of the pods that belong to it.",
    value: ({ spec }) => selectorCell(spec.selector),
  },
];
