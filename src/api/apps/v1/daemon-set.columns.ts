import { ageColumn, labelsCell, nameColumn, selectorCell, templateColumns } from "#api/meta/columns.ts";
import type { Column } from "#api/resource.ts";
import type { DaemonSet, DaemonSetStatus } from "./daemon-set.ts";

const count = (name: string, field: keyof DaemonSetStatus, description: string): Column<DaemonSet> => ({
  name,
  type: "integer",
  description,
  value: ({ status }) => Number(status?.[field] ?? 0),
});

export const daemonSetColumns: readonly Column<DaemonSet>[] = [
  nameColumn,
  count("Desired", "desiredNumberScheduled", "Nodes that should have a pod."),
  count("Current", "currentNumberScheduled", "Nodes that should have a pod and have one."),
  count("Ready", "numberReady", "Nodes whose pod is ready."),
  count("Up-to-date", "updatedNumberScheduled", "Nodes whose pod is made from the template as it is now."),
  count("Available", "numberAvailable", "Nodes whose pod has been ready long enough."),
  {
    name: "Node Selector",
    type: "string",
    description: "Labels of the nodes that get a pod.",
    value: ({ spec }) => labelsCell(spec.template.spec?.nodeSelector),
  },
  ageColumn,
  ...templateColumns<DaemonSet>((d) => d.spec.template),
  {
    name: "Selector",
    type: "string",
    priority: 1,
    description: "Labels of the pods that belong to it.",
    value: ({ spec }) => selectorCell(spec.selector),
  },
];
