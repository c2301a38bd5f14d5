import { ageColumn, nameColumn, selectorCell, templateColumns } from "#api/meta/columns.ts";
import type { Column } from "#api/resource.ts";
import type { ReplicaSet } from "./replica-set.ts";

export const replicaSetColumns: readonly Column<ReplicaSet>[] = [
  nameColumn,
  {
    name: "Desired",
    type: "integer",
    description: "Pods that are wanted.",
    value: ({ spec }) => spec.replicas ?? 1,
  },
  {
    name: "Current",
    type: "integer",
    description: "Pods that exist.",
    value: ({ status }) => status?.replicas ?? 0,
  },
  {
    name: "Ready",
    type: "integer",
    description: "Pods that are ready.",
    value: ({ status }) => status?.readyReplicas ?? 0,
  },
  ageColumn,
  ...templateColumns<ReplicaSet>((rs) => rs.spec.template),
  {
    name: "Selector",
    type: "string",
    priority: 1,
    description: "Labels of the pods that belong to it.",
    value: ({ spec }) => selectorCell(spec.selector),
  },
];
