import type {
  HorizontalPodAutoscaler as Hub,
  MetricSpec,
  MetricStatus,
} from "#api/autoscaling/v2/horizontal-pod-autoscaler.ts";
import type { HorizontalPodAutoscaler } from "./horizontal-pod-autoscaler.ts";

/** What version 1 has no field for stands in annotations, so that nothing is lost on the way through it. */
const annotations = {
  metrics: "autoscaling.alpha.kubernetes.io/metrics",
  currentMetrics: "autoscaling.alpha.kubernetes.io/current-metrics",
  conditions: "autoscaling.alpha.kubernetes.io/conditions",
  behavior: "autoscaling.alpha.kubernetes.io/behavior",
} as const;

const isCpu = (metric: MetricSpec) =>
  metric.resource?.name === "cpu" && metric.resource.target.averageUtilization !== undefined;
const isCpuStatus = ({ resource }: MetricStatus) =>
  resource?.name === "cpu" && resource.current.averageUtilization !== undefined;

/** As version 1 shows it. */
export function fromHub({ metadata, spec, status }: Hub): HorizontalPodAutoscaler {
  const { metrics = [], behavior, ...bounds } = spec;
  const { currentMetrics = [], conditions = [], ...counts } = status ?? { desiredReplicas: 0 };
  const cpu = metrics.find(isCpu);
  const used = currentMetrics.find(isCpuStatus)?.resource?.current.averageUtilization;
  const kept = {
    [annotations.metrics]: encoded(metrics.filter((metric) => metric !== cpu).map(oldMetric)),
    [annotations.currentMetrics]: encoded(currentMetrics.map(oldStatus)),
    [annotations.conditions]: encoded(conditions),
    [annotations.behavior]: behavior && JSON.stringify(behavior),
  };
  const notes = { ...metadata.annotations, ...withoutMissing(kept) };
  const target = cpu?.resource?.target.averageUtilization;
  return {
    apiVersion: "autoscaling/v1",
    kind: "HorizontalPodAutoscaler",
    metadata: { ...metadata, ...(Object.keys(notes).length > 0 && { annotations: notes }) },
    spec: { ...bounds, ...(target !== undefined && { targetCPUUtilizationPercentage: target }) },
    status: {
      currentReplicas: 0,
      ...counts,
      ...(used !== undefined && { currentCPUUtilizationPercentage: used }),
    },
  };
}

/** As it is stored. */
export function toHub({ metadata, spec, status }: HorizontalPodAutoscaler): Hub {
  const { targetCPUUtilizationPercentage: percent, ...bounds } = spec;
  const { currentCPUUtilizationPercentage: _, ...counts } = status ?? { desiredReplicas: 0 };
  const notes = { ...metadata.annotations };
  for (const name of Object.values(annotations)) delete notes[name];
  const read = <T>(name: keyof typeof annotations) =>
    decoded(metadata.annotations?.[annotations[name]]) as T | undefined;
  const cpu: MetricSpec[] =
    percent === undefined
      ? []
      : [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: percent } } }];
  const metrics = [...cpu, ...(read<OldMetric[]>("metrics") ?? []).map(newMetric)];
  const behavior = read<NonNullable<Hub["spec"]["behavior"]>>("behavior");
  const conditions = read<NonNullable<NonNullable<Hub["status"]>["conditions"]>>("conditions");
  const currentMetrics = read<OldStatus[]>("currentMetrics")?.map(newStatus);
  const { annotations: _given, ...rest } = metadata;
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { ...rest, ...(Object.keys(notes).length > 0 && { annotations: notes }) },
    spec: { ...bounds, ...(metrics.length > 0 && { metrics }), ...(behavior && { behavior }) },
    status: { ...counts, ...(currentMetrics && { currentMetrics }), ...(conditions && { conditions }) },
  };
}

const encoded = (list: readonly unknown[]) => (list.length === 0 ? undefined : JSON.stringify(list));

/** What nobody can read is as good as nothing, as in Kubernetes. */
function decoded(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined; // see above
  }
}

const withoutMissing = (values: Record<string, string | undefined>) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Record<string, string>;

/** Version 1 has target and value of a resource beside its name. Metrics of other kinds are kept in their new form. */
type OldMetric = Omit<MetricSpec, "resource"> & {
  resource?: { name: string; targetAverageUtilization?: number; targetAverageValue?: string };
};

function oldMetric({ resource, ...metric }: MetricSpec): OldMetric {
  if (!resource) return metric;
  const { averageUtilization, averageValue } = resource.target;
  return {
    ...metric,
    resource: {
      name: resource.name,
      ...(averageUtilization !== undefined && { targetAverageUtilization: averageUtilization }),
      ...(averageValue !== undefined && { targetAverageValue: averageValue }),
    },
  };
}

function newMetric({ resource, ...metric }: OldMetric): MetricSpec {
  if (!resource) return metric;
  const { name, targetAverageUtilization: averageUtilization, targetAverageValue: averageValue } = resource;
  const target =
    averageValue === undefined
      ? { type: "Utilization", ...(averageUtilization !== undefined && { averageUtilization }) }
      : { type: "AverageValue", averageValue };
  return { ...metric, resource: { name, target } };
}

type OldStatus = Omit<MetricStatus, "resource"> & {
  resource?: { name: string; currentAverageUtilization?: number; currentAverageValue?: string };
};

function oldStatus({ resource, ...status }: MetricStatus): OldStatus {
  if (!resource) return status;
  const { averageUtilization, averageValue } = resource.current;
  return {
    ...status,
    resource: {
      name: resource.name,
      ...(averageUtilization !== undefined && { currentAverageUtilization: averageUtilization }),
      ...(averageValue !== undefined && { currentAverageValue: averageValue }),
    },
  };
}

function newStatus({ resource, ...status }: OldStatus): MetricStatus {
  if (!resource) return status;
  const { name, currentAverageUtilization: averageUtilization, currentAverageValue: averageValue } = resource;
  const current = {
    ...(averageUtilization !== undefined && { averageUtilization }),
    ...(averageValue !== undefined && { averageValue }),
  };
  return { ...status, resource: { name, current } };
}
