import { badly, ifGiven } from "#api/meta/check.ts";
import { isLabelValue, isQualifiedName } from "#schema/formats.ts";
import { forbidden, invalid, type Problem, required } from "#schema/problem.ts";
import type { NodeSelector, NodeSelectorRequirement } from "./node-selector.ts";
import type { PodAffinityTerm, Taint, Toleration, TopologySpreadConstraint } from "./scheduling.ts";

export function checkNodeSelector({ nodeSelectorTerms }: NodeSelector, path: string): Problem[] {
  return (nodeSelectorTerms ?? []).length > 0
    ? []
    : [required(`${path}.nodeSelectorTerms`, "must have at least one node selector term")];
}

export function checkNodeRequirement(requirement: NodeSelectorRequirement, path: string): Problem[] {
  const { key, operator, values = [] } = requirement;
  const problems = ifGiven(`${path}.key`, key, isQualifiedName);
  const field = `${path}.values`;
  if ((operator === "In" || operator === "NotIn") && values.length === 0) {
    problems.push(required(field, "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if ((operator === "Exists" || operator === "DoesNotExist") && values.length > 0) {
    problems.push(forbidden(field, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
  } else if ((operator === "Gt" || operator === "Lt") && values.length !== 1) {
    problems.push(required(field, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
  }
  return problems;
}

export function checkWeight({ weight }: { weight?: number }, path: string): Problem[] {
  return weight === undefined || weight < 1 || weight > 100
    ? [invalid(`${path}.weight`, weight ?? 0, "must be in the range 1-100")]
    : [];
}

const checkTopologyKey = (key: string | undefined, path: string): Problem[] =>
  key ? badly(path, key, isQualifiedName(key)) : [required(path, "can not be empty")];

export function checkAffinityTerm({ topologyKey }: PodAffinityTerm, path: string): Problem[] {
  return checkTopologyKey(topologyKey, `${path}.topologyKey`);
}

export function checkSpread(constraint: TopologySpreadConstraint, path: string): Problem[] {
  const { maxSkew = 0, topologyKey, minDomains, whenUnsatisfiable } = constraint;
  const problems = checkTopologyKey(topologyKey, `${path}.topologyKey`);
  if (maxSkew <= 0) problems.push(invalid(`${path}.maxSkew`, maxSkew, "must be greater than zero"));
  if (minDomains === undefined) return problems;
  const field = `${path}.minDomains`;
  if (minDomains <= 0) problems.push(invalid(field, minDomains, "must be greater than zero"));
  if (whenUnsatisfiable !== "DoNotSchedule") {
    const only = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`;
    problems.push(invalid(field, minDomains, only));
  }
  return problems;
}

export function checkToleration(toleration: Toleration, path: string): Problem[] {
  const { key, operator = "Equal", value = "", effect, tolerationSeconds } = toleration;
  const problems = ifGiven(`${path}.key`, key, isQualifiedName);
  const field = `${path}.operator`;
  if (!key && operator !== "Exists") {
    const all = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    problems.push(invalid(field, toleration.operator ?? "", all));
  }
  if (tolerationSeconds !== undefined && effect !== "NoExecute") {
    const only = "effect must be 'NoExecute' when `tolerationSeconds` is set";
    problems.push(invalid(`${path}.effect`, effect ?? "", only));
  }
  if (operator === "Exists" && value !== "") {
    problems.push(invalid(field, toleration, "value must be empty when `operator` is 'Exists'"));
  } else if (operator === "Equal") {
    const wrong = isLabelValue(value);
    if (wrong.length > 0) problems.push(invalid(field, value, wrong.join(";")));
  }
  return problems;
}

export function checkTaint({ key, value = "" }: Taint, path: string): Problem[] {
  const wrong = isLabelValue(value);
  return [
    ...ifGiven(`${path}.key`, key, isQualifiedName),
    ...(wrong.length > 0 ? [invalid(`${path}.value`, value, wrong.join(";"))] : []),
  ];
}
