import { isLabelValue, isQualifiedName, labelProblems } from "#schema/formats.ts";
import { forbidden, invalid, type Problem, required } from "#schema/problem.ts";
import { badly } from "./check.ts";
import type { LabelSelector, LabelSelectorRequirement } from "./label-selector.ts";

export function checkLabelSelector(selector: LabelSelector, path: string): Problem[] {
  const expressions = selector.matchExpressions ?? [];
  return [
    ...labelProblems(selector.matchLabels, `${path}.matchLabels`),
    ...expressions.flatMap((requirement, i) => checkRequirement(requirement, `${path}.matchExpressions[${i}]`)),
  ];
}

function checkRequirement({ key, operator, values = [] }: LabelSelectorRequirement, path: string): Problem[] {
  const problems: Problem[] = [];
  if (operator === "In" || operator === "NotIn") {
    if (values.length === 0)
      problems.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if (operator === "Exists" || operator === "DoesNotExist") {
    if (values.length > 0)
      problems.push(forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
  } else {
    problems.push(invalid(`${path}.operator`, operator, "not a valid selector operator"));
  }
  return [
    ...problems,
    ...badly(`${path}.key`, key, isQualifiedName(key)),
    ...values.flatMap((value, i) => badly(`${path}.values[${i}]`, value, isLabelValue(value))),
  ];
}
