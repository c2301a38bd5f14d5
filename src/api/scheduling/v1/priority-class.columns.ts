import { ageColumn, nameColumn } from "#api/meta/columns.ts";
import type { Column } from "#api/resource.ts";
import type { PriorityClass } from "./priority-class.ts";

export const priorityClassColumns: readonly Column<PriorityClass>[] = [
  nameColumn,
  { name: "Value", type: "integer", description: "The priority of its pods.", value: ({ value }) => value },
  {
    name: "Global-Default",
    type: "boolean",
    description: "Whether pods that name no class are of this one.",
    value: ({ globalDefault }) => globalDefault ?? false,
  },
  ageColumn,
  {
    name: "PreemptionPolicy",
    type: "string",
    description: "Whether less important pods may be removed to make room.",
    value: ({ preemptionPolicy }) => preemptionPolicy ?? "",
  },
];
