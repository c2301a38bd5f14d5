import { checkAtMostAll, checkIntOrPercent } from "#api/meta/int-or-percent.ts";
import { checkLabelSelector } from "#api/meta/label-selector.rules.ts";
import type { Rules } from "#api/resource.ts";
import { invalid, type Problem } from "#schema/problem.ts";
import type { PodDisruptionBudget, PodDisruptionBudgetSpec } from "./pod-disruption-budget.ts";

const nothingAllowed = () => ({ disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 });

export function deriveBudget(budget: PodDisruptionBudget): void {
  budget.status ??= nothingAllowed();
}

export const budgetRules: Rules<PodDisruptionBudget> = {
  create(draft) {
    draft.status = nothingAllowed();
  },
};

export function checkBudgetSpec(spec: PodDisruptionBudgetSpec, path: string): Problem[] {
  const { minAvailable, maxUnavailable, selector } = spec;
  const problems: Problem[] = [];
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    problems.push(invalid(path, spec, "minAvailable and maxUnavailable are mutually exclusive"));
  }
  for (const [name, value] of Object.entries({ minAvailable, maxUnavailable })) {
    problems.push(...checkIntOrPercent(value, `${path}.${name}`), ...checkAtMostAll(value, `${path}.${name}`));
  }
  return selector ? [...problems, ...checkLabelSelector(selector, `${path}.selector`)] : problems;
}
