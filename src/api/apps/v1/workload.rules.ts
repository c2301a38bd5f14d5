import type { PodTemplateSpec } from "#api/core/v1/pod.ts";
import { checkNotNegative } from "#api/meta/check.ts";
import type { LabelSelector } from "#api/meta/label-selector.ts";
import { fromSpec, matches } from "#api/meta/selector.ts";
import { forbidden, invalid, notSupported, type Problem } from "#schema/problem.ts";

interface Workload {
  readonly replicas?: number;
  readonly minReadySeconds?: number;
  readonly selector?: LabelSelector;
  readonly template?: PodTemplateSpec;
}

/**
 * What holds for everything that keeps pods running forever.
 * @param kind as messages name it; those of Deployments speak of the sets below them
 */
export function checkWorkload(
  spec: Workload,
  path: string,
  kind = { selector: "deployment", owner: "ReplicaSet" },
): Problem[] {
  return [
    ...checkNotNegative(`${path}.replicas`, spec.replicas),
    ...checkNotNegative(`${path}.minReadySeconds`, spec.minReadySeconds),
    ...checkSelector(spec, path, kind.selector),
    ...checkForever(spec.template, `${path}.template.spec`, kind.owner),
  ];
}

const operators = ["In", "NotIn", "Exists", "DoesNotExist"];

function checkSelector({ selector, template }: Workload, path: string, kind: string): Problem[] {
  if (!selector) return [];
  const expressions = selector.matchExpressions ?? [];
  if (Object.keys(selector.matchLabels ?? {}).length + expressions.length === 0) {
    return [invalid(`${path}.selector`, selector, `empty selector is invalid for ${kind}`)];
  }
  if (!expressions.every(({ operator }) => operators.includes(operator))) {
    return [invalid(`${path}.selector`, selector, "invalid label selector")];
  }
  const labels = template?.metadata?.labels;
  if (matches(fromSpec(selector), labels)) return [];
  const text = "`selector` does not match template `labels`";
  return [invalid(`${path}.template.metadata.labels`, labels ?? null, text)];
}

function checkForever(template: PodTemplateSpec | undefined, path: string, owner: string): Problem[] {
  const { restartPolicy, activeDeadlineSeconds } = template?.spec ?? {};
  const problems: Problem[] = [];
  if (restartPolicy && restartPolicy !== "Always") {
    problems.push(notSupported(`${path}.restartPolicy`, restartPolicy, ["Always"]));
  }
  if (activeDeadlineSeconds !== undefined) {
    problems.push(forbidden(`${path}.activeDeadlineSeconds`, `activeDeadlineSeconds in ${owner} is not Supported`));
  }
  return problems;
}
