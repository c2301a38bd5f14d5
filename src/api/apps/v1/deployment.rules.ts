import { checkNotNegative, unchanged } from "#api/meta/check.ts";
import { checkAtMostAll, checkIntOrPercent, isZero } from "#api/meta/int-or-percent.ts";
import type { Rules } from "#api/resource.ts";
import { forbidden, invalid, type Problem } from "#schema/problem.ts";
import type { Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment } from "./deployment.ts";
import { checkWorkload } from "./workload.rules.ts";

export const deploymentRules: Rules<Deployment> = {
  create(draft) {
    draft.status = {};
  },
  check: (next, old) => (old ? unchanged("spec.selector", next.spec.selector, old.spec.selector) : []),
};

export function checkDeploymentSpec(spec: DeploymentSpec, path: string): Problem[] {
  const { minReadySeconds = 0, progressDeadlineSeconds: deadline } = spec;
  const problems = [
    ...checkWorkload(spec, path),
    ...checkNotNegative(`${path}.revisionHistoryLimit`, spec.revisionHistoryLimit),
    ...checkNotNegative(`${path}.progressDeadlineSeconds`, deadline),
  ];
  if (deadline !== undefined && deadline <= minReadySeconds) {
    problems.push(invalid(`${path}.progressDeadlineSeconds`, deadline, "must be greater than minReadySeconds"));
  }
  return problems;
}

export function checkStrategy({ type, rollingUpdate }: DeploymentStrategy, path: string): Problem[] {
  if (!rollingUpdate) return [];
  const field = `${path}.rollingUpdate`;
  if (type === "RollingUpdate") return checkRollingUpdate(rollingUpdate, field);
  return type === "Recreate" ? [forbidden(field, "may not be specified when strategy `type` is 'Recreate'")] : [];
}

function checkRollingUpdate({ maxUnavailable = 0, maxSurge = 0 }: RollingUpdateDeployment, path: string): Problem[] {
  const problems = [
    ...checkIntOrPercent(maxUnavailable, `${path}.maxUnavailable`),
    ...checkIntOrPercent(maxSurge, `${path}.maxSurge`),
  ];
  if (isZero(maxUnavailable) && isZero(maxSurge)) {
    problems.push(invalid(`${path}.maxUnavailable`, maxUnavailable, "may not be 0 when `maxSurge` is 0"));
  }
  return [...problems, ...checkAtMostAll(maxUnavailable, `${path}.maxUnavailable`)];
}
