import { ageColumn, nameColumn, selectorCell, templateColumns } from "#api/meta/columns.ts";
import type { Column } from "#api/resource.ts";
import type { Deployment } from "./deployment.ts";

export const deploymentColumns: readonly Column<Deployment>[] = [
  nameColumn,
  {
    name: "Ready",
    type: "string",
    description: "Pods that are ready, of all that are wanted.",
    value: ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec.replicas ?? 1}`,
  },
  {
    name: "Up-to-date",
    type: "string",
    description: "Pods made from the template as it is now.",
    value: ({ status }) => status?.updatedReplicas ?? 0,
  },
  {
    name: "Available",
    type: "string",
    description: "Pods that have been ready for the minimum time.",
    value: ({ status }) => status?.availableReplicas ?? 0,
  },
  ageColumn,
  ...templateColumns<Deployment>((d) => d.spec.template),
  {
    name: "Selector",
    type: "string",
    priority: 1,
    description: "Labels of the pods that belong to it.",
    value: ({ spec }) => selectorCell(spec.selector),
  },
];
