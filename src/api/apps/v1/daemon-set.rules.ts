import { checkNotNegative, same, unchanged } from "#api/meta/check.ts";
import { checkAtMostAll, checkIntOrPercent, isZero } from "#api/meta/int-or-percent.ts";
import type { Rules } from "#api/resource.ts";
import { invalid, type Problem, required } from "#schema/problem.ts";
import { emptyDaemonSetStatus } from "./daemon-set.defaults.ts";
import type { DaemonSet, DaemonSetSpec, RollingUpdateDaemonSet } from "./daemon-set.ts";
import { checkWorkload } from "./workload.rules.ts";

/** Counts the changes of the template, for readers of old. */
const templateGeneration = "deprecated.daemonset.template.generation";

export const daemonSetRules: Rules<DaemonSet> = {
  create(draft) {
    draft.status = emptyDaemonSetStatus();
    draft.metadata.annotations = { ...draft.metadata.annotations, [templateGeneration]: "1" };
  },
  update(draft, old) {
    const before = Number(old.metadata.annotations?.[templateGeneration] ?? 0);
    const now = same(draft.spec.template, old.spec.template) ? before : before + 1;
    draft.metadata.annotations = { ...draft.metadata.annotations, [templateGeneration]: String(now) };
  },
  check: (next, old) => (old ? unchanged("spec.selector", next.spec.selector, old.spec.selector) : []),
};

export function checkDaemonSetSpec(spec: DaemonSetSpec, path: string): Problem[] {
  const { type, rollingUpdate } = spec.updateStrategy ?? {};
  return [
    ...checkWorkload(spec, path, { selector: "daemonset", owner: "DaemonSet" }),
    ...checkNotNegative(`${path}.revisionHistoryLimit`, spec.revisionHistoryLimit),
    ...(type === "RollingUpdate" ? checkRolling(rollingUpdate ?? {}, `${path}.updateStrategy.rollingUpdate`) : []),
  ];
}

function checkRolling({ maxUnavailable = 0, maxSurge = 0 }: RollingUpdateDaemonSet, path: string): Problem[] {
  const problems = [
    ...checkIntOrPercent(maxUnavailable, `${path}.maxUnavailable`),
    ...checkAtMostAll(maxUnavailable, `${path}.maxUnavailable`),
    ...checkIntOrPercent(maxSurge, `${path}.maxSurge`),
    ...checkAtMostAll(maxSurge, `${path}.maxSurge`),
  ];
  if (!isZero(maxUnavailable) && !isZero(maxSurge)) {
    problems.push(invalid(`${path}.maxSurge`, maxSurge, "may not be set when maxUnavailable is non-zero"));
  }
  if (isZero(maxUnavailable) && isZero(maxSurge)) {
    problems.push(required(`${path}.maxUnavailable`, "cannot be 0 when maxSurge is 0"));
  }
  return problems;
}
