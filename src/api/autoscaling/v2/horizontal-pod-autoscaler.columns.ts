import { ageColumn, nameColumn } from "#api/meta/columns.ts";
import type { Column } from "#api/resource.ts";
import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus } from "./horizontal-pod-autoscaler.ts";

const unknown = "<unknown>";

function metricCell(spec: MetricSpec, status: MetricStatus | undefined): string {
  const source = spec.resource ?? spec.containerResource;
  if (source) {
    const current = (status?.resource ?? status?.containerResource)?.current;
    const { averageValue, averageUtilization } = source.target;
    if (averageValue !== undefined) return `${source.name}: ${current?.averageValue ?? unknown}/${averageValue}`;
    const now = current?.averageUtilization === undefined ? unknown : `${current.averageUtilization}%`;
    return `${source.name}: ${now}/${averageUtilization === undefined ? "<auto>" : `${averageUtilization}%`}`;
  }
  if (spec.pods) return `${status?.pods?.current.averageValue ?? unknown}/${spec.pods.target.averageValue ?? ""}`;
  const other = spec.object ?? spec.external;
  if (!other) return "<unknown type>";
  const current = (status?.object ?? status?.external)?.current;
  const { averageValue, value } = other.target;
  if (averageValue !== undefined) return `${current?.averageValue ?? unknown}/${averageValue} (avg)`;
  return `${current?.value ?? unknown}/${value ?? ""}`;
}

const mostShown = 2;

function targetsCell({ spec, status }: HorizontalPodAutoscaler): string {
  const { metrics = [] } = spec;
  if (metrics.length === 0) return "<none>";
  const cells = metrics.map((metric, i) => metricCell(metric, status?.currentMetrics?.[i]));
  const shown = cells.slice(0, mostShown).join(", ");
  return cells.length > mostShown ? `${shown} + ${cells.length - mostShown} more...` : shown;
}

export const autoscalerColumns: readonly Column<HorizontalPodAutoscaler>[] = [
  nameColumn,
  {
    name: "Reference",
    type: "string",
    description: "The object that is scaled.",
    value: ({ spec }) => `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`,
  },
  { name: "Targets", type: "string", description: "What is measured, and what is aimed at.", value: targetsCell },
  {
    name: "MinPods",
    type: "string",
    description: "The least pods.",
    value: ({ spec }) => spec.minReplicas ?? "<unset>",
  },
  { name: "MaxPods", type: "string", description: "The most pods.", value: ({ spec }) => spec.maxReplicas },
  {
    name: "Replicas",
    type: "string",
    description: "Pods there are.",
    value: ({ status }) => status?.currentReplicas ?? 0,
  },
  ageColumn,
];
