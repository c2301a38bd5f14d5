import { checkNotNegative } from "#api/meta/check.ts";
import type { Rules } from "#api/resource.ts";
import { forbidden, invalid, notSupported, type Problem, required } from "#schema/problem.ts";
import { compareQuantities, parseQuantity } from "#schema/quantity.ts";
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerSpec,
  HPAScalingPolicy,
  HPAScalingRules,
  MetricSpec,
  MetricTarget,
} from "./horizontal-pod-autoscaler.ts";

export const autoscalerRules: Rules<HorizontalPodAutoscaler> = {
  create(draft) {
    draft.status = { desiredReplicas: 0 };
  },
};

export function checkAutoscalerSpec(spec: HorizontalPodAutoscalerSpec, path: string): Problem[] {
  const { minReplicas, maxReplicas, scaleTargetRef, metrics = [], behavior = {} } = spec;
  const problems: Problem[] = [];
  if (minReplicas !== undefined && minReplicas < 1) {
    problems.push(invalid(`${path}.minReplicas`, minReplicas, "must be greater than or equal to 1"));
  }
  if (maxReplicas < 1) problems.push(invalid(`${path}.maxReplicas`, maxReplicas, "must be greater than 0"));
  if (minReplicas !== undefined && maxReplicas < minReplicas) {
    const why = "must be greater than or equal to `minReplicas`";
    problems.push(invalid(`${path}.maxReplicas`, maxReplicas, why));
  }
  for (const name of ["kind", "name"] as const) {
    if (!scaleTargetRef[name]) problems.push(required(`${path}.scaleTargetRef.${name}`));
  }
  return [
    ...problems,
    ...metrics.flatMap((metric, i) => checkMetric(metric, `${path}.metrics[${i}]`)),
    ...checkRules(behavior.scaleUp, `${path}.behavior.scaleUp`),
    ...checkRules(behavior.scaleDown, `${path}.behavior.scaleDown`),
  ];
}

const sources = {
  ContainerResource: "containerResource",
  External: "external",
  Object: "object",
  Pods: "pods",
  Resource: "resource",
} as const;

function checkMetric(metric: MetricSpec, path: string): Problem[] {
  if (!metric.type) return [required(`${path}.type`, "must specify a metric source type")];
  if (!(metric.type in sources)) return [notSupported(`${path}.type`, metric.type, Object.keys(sources))];
  const name = sources[metric.type as keyof typeof sources];
  const field = `${path}.${name}`;
  const others = Object.values(sources)
    .filter((other) => other !== name && metric[other])
    .map((other) => forbidden(`${path}.${other}`, "must populate the given metric source only"));
  const source = metric[name];
  if (!source) return [...others, required(field, "must populate information for the given metric source")];
  return [...others, ...checkTarget(source.target, `${field}.target`, name)];
}

function checkTarget(target: MetricTarget, path: string, source: string): Problem[] {
  const problems: Problem[] = [];
  if (!target.type) return [required(`${path}.type`, "must specify a metric target type")];
  if (!["AverageValue", "Utilization", "Value"].includes(target.type)) {
    problems.push(invalid(`${path}.type`, target.type, "must be either Utilization, Value, or AverageValue"));
  }
  const { value, averageValue, averageUtilization } = target;
  if (averageUtilization !== undefined && averageUtilization < 1) {
    problems.push(invalid(`${path}.averageUtilization`, averageUtilization, "must be greater than 0"));
  }
  for (const [name, quantity] of Object.entries({ value, averageValue })) {
    if (quantity !== undefined && !isPositive(quantity)) {
      problems.push(invalid(`${path}.${name}`, quantity, "must be positive"));
    }
  }
  const measured = source === "resource" || source === "containerResource";
  if (measured && averageValue === undefined && averageUtilization === undefined) {
    problems.push(required(`${path}.averageUtilization`, "must set either a target raw value or a target utilization"));
  }
  if (measured && averageValue !== undefined && averageUtilization !== undefined) {
    const why = "may not set both a target raw value and a target utilization";
    problems.push(forbidden(`${path}.averageValue`, why));
  }
  return problems;
}

const isPositive = (quantity: string) => compareQuantities(parseQuantity(quantity), parseQuantity("0")) > 0;

const longestWindow = 3600;
const longestPeriod = 1800;

function checkRules(rules: HPAScalingRules | undefined, path: string): Problem[] {
  if (!rules) return [];
  const { stabilizationWindowSeconds: window, selectPolicy, policies = [], tolerance } = rules;
  const problems = checkNotNegative(`${path}.stabilizationWindowSeconds`, window);
  if (window !== undefined && window > longestWindow) {
    const why = `must be less than or equal to ${longestWindow}`;
    problems.push(invalid(`${path}.stabilizationWindowSeconds`, window, why));
  }
  if (selectPolicy !== undefined && !["Max", "Min", "Disabled"].includes(selectPolicy)) {
    problems.push(notSupported(`${path}.selectPolicy`, selectPolicy, ["Disabled", "Max", "Min"]));
  }
  if (policies.length === 0) problems.push(required(`${path}.policies`, "must specify at least one Policy"));
  if (tolerance !== undefined && compareQuantities(parseQuantity(tolerance), parseQuantity("0")) < 0) {
    problems.push(invalid(`${path}.tolerance`, tolerance, "must be greater or equal to zero"));
  }
  return [...problems, ...policies.flatMap((policy, i) => checkPolicy(policy, `${path}.policies[${i}]`))];
}

function checkPolicy({ type, value, periodSeconds }: HPAScalingPolicy, path: string): Problem[] {
  const problems: Problem[] = [];
  if (type !== "Pods" && type !== "Percent") {
    problems.push(notSupported(`${path}.type`, type, ["Percent", "Pods"]));
  }
  if (value <= 0) problems.push(invalid(`${path}.value`, value, "must be greater than zero"));
  if (periodSeconds <= 0) problems.push(invalid(`${path}.periodSeconds`, periodSeconds, "must be greater than zero"));
  if (periodSeconds > longestPeriod) {
    const why = `must be less than or equal to ${longestPeriod}`;
    problems.push(invalid(`${path}.periodSeconds`, periodSeconds, why));
  }
  return problems;
}
