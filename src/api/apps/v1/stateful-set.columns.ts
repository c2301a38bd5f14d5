import { ageColumn, nameColumn, templateColumns } from "#api/meta/columns.ts";
import type { Column } from "#api/resource.ts";
import type { StatefulSet } from "./stateful-set.ts";

export const statefulSetColumns: readonly Column<StatefulSet>[] = [
  nameColumn,
  {
    name: "Ready",
    type: "string",
    description: "Pods that are ready, of all that are wanted.",
    value: ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec.replicas ?? 1}`,
  },
  ageColumn,
  ...templateColumns<StatefulSet>((s) => s.spec.template),
];
