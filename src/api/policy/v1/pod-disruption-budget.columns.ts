import { ageColumn, nameColumn } from "#api/meta/columns.ts";
import type { Column } from "#api/resource.ts";
import type { PodDisruptionBudget } from "./pod-disruption-budget.ts";

export const budgetColumns: readonly Column<PodDisruptionBudget>[] = [
  nameColumn,
  {
    name: "Min Available",
    type: "string",
    description: "How many pods must stay.",
    value: ({ spec }) => spec.minAvailable ?? "N/A",
  },
  {
    name: "Max Unavailable",
    type: "string",
    description: "How many pods may be missing.",
    value: ({ spec }) => spec.maxUnavailable ?? "N/A",
  },
  {
    name: "Allowed Disruptions",
    type: "integer",
    description: "Pods that may go now.",
    value: ({ status }) => status?.disruptionsAllowed ?? 0,
  },
  ageColumn,
];
