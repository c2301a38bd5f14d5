import { checkNotNegative, same } from "#api/meta/check.ts";
import { checkAtMostAll, checkIntOrPercent, isZero } from "#api/meta/int-or-percent.ts";
import type { Rules } from "#api/resource.ts";
import { isDns1123Subdomain } from "#schema/formats.ts";
import { forbidden, invalid, type Problem } from "#schema/problem.ts";
import type { StatefulSet, StatefulSetSpec, StatefulSetUpdateStrategy } from "./stateful-set.ts";
import { checkWorkload } from "./workload.rules.ts";

export const statefulSetRules: Rules<StatefulSet> = {
  create(draft) {
    draft.status = { replicas: 0, availableReplicas: 0 };
  },
  check: (next, old) => (old ? checkUpdate(next.spec, old.spec) : []),
};

export function checkStatefulSetSpec(spec: StatefulSetSpec, path: string): Problem[] {
  return [
    ...checkWorkload(spec, path, { selector: "statefulset", owner: "StatefulSet" }),
    ...checkNotNegative(`${path}.revisionHistoryLimit`, spec.revisionHistoryLimit),
    ...checkNotNegative(`${path}.ordinals.start`, spec.ordinals?.start),
    ...checkStrategy(spec.updateStrategy ?? {}, `${path}.updateStrategy`),
    ...(spec.serviceName ? isDns1123Subdomain(spec.serviceName) : []).map((why) =>
      invalid(`${path}.serviceName`, spec.serviceName, why),
    ),
  ];
}

function checkStrategy({ type, rollingUpdate }: StatefulSetUpdateStrategy, path: string): Problem[] {
  const field = `${path}.rollingUpdate`;
  if (type === "OnDelete") {
    return rollingUpdate ? [invalid(field, rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'")] : [];
  }
  const { partition, maxUnavailable } = rollingUpdate ?? {};
  const problems = [
    ...checkNotNegative(`${field}.partition`, partition),
    ...checkIntOrPercent(maxUnavailable, `${field}.maxUnavailable`),
    ...checkAtMostAll(maxUnavailable, `${field}.maxUnavailable`),
  ];
  if (maxUnavailable !== undefined && isZero(maxUnavailable)) {
    problems.push(invalid(`${field}.maxUnavailable`, maxUnavailable, "cannot be 0"));
  }
  return problems;
}

const mayChange: readonly (keyof StatefulSetSpec)[] = [
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
];

function checkUpdate(next: StatefulSetSpec, old: StatefulSetSpec): Problem[] {
  const fixed = (spec: StatefulSetSpec) =>
    Object.fromEntries(Object.entries(spec).filter(([name]) => !(mayChange as readonly string[]).includes(name)));
  if (same(fixed(next), fixed(old))) return [];
  const names = mayChange.map((name) => `'${name}'`);
  const listed = `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  return [forbidden("spec", `updates to statefulset spec for fields other than ${listed} are forbidden`)];
}
