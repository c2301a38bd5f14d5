import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerCondition,
  MetricSpec,
  MetricStatus,
} from "#api/autoscaling/v2/horizontal-pod-autoscaler.ts";
import { timestamp } from "#api/meta/time.ts";
import { formatQuantity, quantityMilliValue } from "#schema/quantity.ts";
import { normalize, type ScalingMemory } from "./hpa-limits.plan.ts";
import { type Answer, type Question, replicasForUtilization, replicasForValue } from "./hpa-replicas.plan.ts";

const defaultTolerance = 0.1;
const nanosInMilli = 1_000_000n;

export interface Proposal {
  readonly replicas: number;
  /** As in the reason of a rescale: `cpu resource utilization (percentage of request)`. */
  readonly metric: string;
  readonly status: MetricStatus;
}

/** A metric that could not be judged, with the reason and the text of the condition ScalingActive. */
export class MetricFailure extends Error {
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

export function tolerancesOf({ spec }: HorizontalPodAutoscaler): { up: number; down: number } {
  const given = (text: string | undefined) => (text === undefined ? defaultTolerance : quantityMilliValue(text) / 1000);
  return { up: given(spec.behavior?.scaleUp?.tolerance), down: given(spec.behavior?.scaleDown?.tolerance) };
}

/** How many pods one metric asks for. Throws MetricFailure. */
export function propose(metric: MetricSpec, question: Omit<Question, "resource" | "container">): Proposal {
  const source = metric.resource ?? metric.containerResource;
  if (!source) throw unserved(metric);
  const container = metric.containerResource?.container;
  const { name, target } = source;
  const asked = { ...question, resource: name, container };
  const reason = container === undefined ? "FailedGetResourceMetric" : "FailedGetContainerResourceMetric";
  const byValue = target.averageValue !== undefined;
  try {
    const answer = byValue
      ? replicasForValue(asked, quantityMilliValue(target.averageValue ?? "0"))
      : replicasForUtilization(asked, target.averageUtilization ?? 0);
    const what = `${name} ${container === undefined ? "resource" : "container resource"}`;
    const shown = byValue ? what : `${what} utilization (percentage of request)`;
    return { replicas: answer.replicas, metric: shown, status: statusOf(metric, answer) };
  } catch (error) {
    const what = byValue ? `failed to get ${name} usage` : `failed to get ${name} utilization`;
    throw new MetricFailure(reason, `${what}: ${error instanceof Error ? error.message : error}`);
  }
}

/** Kubernetes leaves these to whoever serves the APIs of custom and external metrics. */
function unserved({ type }: MetricSpec): MetricFailure {
  const group = type === "External" ? "external" : "custom";
  const message = `unable to fetch metrics from ${group} metrics API: no ${group} metrics API (${group}.metrics.k8s.io) registered`;
  return new MetricFailure(`FailedGet${type}Metric`, message);
}

function statusOf(metric: MetricSpec, { utilization, average }: Answer): MetricStatus {
  const given = metric.resource ?? metric.containerResource;
  const averageValue = formatQuantity({ nanos: BigInt(average) * nanosInMilli, format: "decimalSI" });
  const current = { averageValue, ...(utilization !== undefined && { averageUtilization: utilization }) };
  const { name = "" } = given ?? {};
  const container = metric.containerResource?.container;
  return container === undefined
    ? { type: "Resource", resource: { name, current } }
    : { type: "ContainerResource", containerResource: { name, container, current } };
}

export interface Judgement {
  readonly proposals: readonly Proposal[];
  readonly failures: readonly MetricFailure[];
}

type Wish = Pick<HorizontalPodAutoscalerCondition, "type" | "reason" | "message"> & {
  readonly status: "True" | "False";
};

export interface ScalePlan {
  readonly desired: number;
  /** Why, when it differs from what is; as in the event. */
  readonly reason: string;
  readonly conditions: readonly Wish[];
  /** Nothing may be done, as the metrics are not known. */
  readonly problem?: string;
}

const condition = (type: string, status: boolean, reason: string, message: string): Wish => ({
  type,
  status: status ? "True" : "False",
  reason,
  message,
});

/** How many pods there should be, and why. Adds to `memory` what was wished for. */
export function planScale(
  autoscaler: HorizontalPodAutoscaler,
  current: number,
  judge: () => Judgement,
  { memory, now }: { readonly memory: ScalingMemory; readonly now: number },
): ScalePlan {
  const { minReplicas: min = 1, maxReplicas: max } = autoscaler.spec;
  if (current === 0 && min !== 0) {
    const message = "scaling is disabled since the replica count of the target is zero";
    return { desired: 0, reason: "", conditions: [condition("ScalingActive", false, "ScalingDisabled", message)] };
  }
  if (current > max)
    return { desired: max, reason: "Current number of replicas above Spec.MaxReplicas", conditions: [] };
  if (current < min)
    return { desired: min, reason: "Current number of replicas below Spec.MinReplicas", conditions: [] };
  const { proposals, failures } = judge();
  const highest = proposals.toSorted((a, b) => b.replicas - a.replicas)[0];
  const [failure] = failures;
  // what is not known could ask for more, so it never lets the number sink
  if (failure && (!highest || highest.replicas < current))
    return failed(failure, failures.length, failures.length + proposals.length);
  if (!highest) return { desired: current, reason: "", conditions: [] };
  const { replicas, stable, limit } = normalize(autoscaler, highest.replicas, { current, min, max, now }, memory);
  const found = `the HPA was able to successfully calculate a replica count from ${highest.metric}`;
  return {
    desired: replicas,
    reason: highest.replicas > current ? `${highest.metric} above target` : "All metrics below target",
    conditions: [
      condition("ScalingActive", true, "ValidMetricFound", found),
      condition("AbleToScale", true, stable.reason, stable.message),
      condition("ScalingLimited", limit.limited ?? false, limit.reason, limit.message),
    ],
  };
}

function failed(failure: MetricFailure, count: number, of: number): ScalePlan {
  const message = `the HPA was unable to compute the replica count: ${failure.message}`;
  return {
    desired: 0,
    reason: "",
    conditions: [condition("ScalingActive", false, failure.reason, message)],
    problem: `invalid metrics (${count} invalid out of ${of}), first error is: ${failure.message}`,
  };
}

/** The conditions with these wishes among them; a time changes only with the status of its condition. */
export function withWishes(
  conditions: readonly HorizontalPodAutoscalerCondition[],
  wishes: readonly Wish[],
  now: number,
): HorizontalPodAutoscalerCondition[] {
  const merged = new Map(conditions.map((each) => [each.type, each]));
  for (const wish of wishes) {
    const known = merged.get(wish.type);
    const lastTransitionTime = known?.status === wish.status ? known.lastTransitionTime : timestamp(now);
    merged.set(wish.type, { ...wish, ...(lastTransitionTime && { lastTransitionTime }) });
  }
  return [...merged.values()];
}

export const ableToScale = (status: boolean, reason: string, message: string): Wish =>
  condition("AbleToScale", status, reason, message);
