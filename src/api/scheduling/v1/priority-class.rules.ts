import { unchanged } from "#api/meta/check.ts";
import type { Rules } from "#api/resource.ts";
import { forbidden, type Problem } from "#schema/problem.ts";
import type { PriorityClass } from "./priority-class.ts";

/** The classes that are always there: only pods without which a cluster or a node would not work are of them. */
export const systemPriorityClasses: Readonly<Record<string, number>> = {
  "system-cluster-critical": 2_000_000_000,
  "system-node-critical": 2_000_001_000,
};

const highestOfUsers = 1_000_000_000;

export function derivePriorityClass(priorityClass: PriorityClass): void {
  priorityClass.preemptionPolicy ??= "PreemptLowerPriority";
}

export const priorityClassRules: Rules<PriorityClass> = {
  check: (next, old) => (old ? checkUpdate(next, old) : checkNew(next)),
};

function checkNew({ metadata: { name }, value }: PriorityClass): Problem[] {
  if (name.startsWith("system-")) {
    if (systemPriorityClasses[name] === value) return [];
    const why =
      name in systemPriorityClasses
        ? `value of ${name} PriorityClass must be ${systemPriorityClasses[name]}`
        : `${name} is not a known system priority class`;
    const text = "priority class names with 'system-' prefix are reserved for system use only. error: ";
    return [forbidden("metadata.name", text + why)];
  }
  if (value <= highestOfUsers) return [];
  return [forbidden("value", `maximum allowed value of a user defined priority is ${highestOfUsers}`)];
}

function checkUpdate(next: PriorityClass, old: PriorityClass): Problem[] {
  return [
    ...(next.value === old.value ? [] : [forbidden("value", "may not be changed in an update.")]),
    ...unchanged("preemptionPolicy", next.preemptionPolicy, old.preemptionPolicy),
  ];
}
