import { badly } from "#api/meta/check.ts";
import { isQualifiedName, notNegative } from "#schema/formats.ts";
import { invalid, type Problem, required } from "#schema/problem.ts";
import { compareQuantities, parseQuantity } from "#schema/quantity.ts";
import type { ResourceRequirements } from "./resources.ts";

const ofContainers = /^(cpu|memory|ephemeral-storage|hugepages-.+)$/;
const ofQuotas =
  /^(storage|pods|services(\.(nodeports|loadbalancers))?|replicationcontrollers|resourcequotas|secrets|configmaps|persistentvolumeclaims|(requests|limits)\..+)$/;

/** Of these more may be promised than there is. */
const mayOvercommit = (name: string) => isNative(name) && !name.startsWith("hugepages-");
const isNative = (name: string) => !name.includes("/") || name.startsWith("kubernetes.io/");

/** The name of something that a container can ask for. */
function checkResourceName(name: string, path: string): Problem[] {
  const problems = badly(path, name, isQualifiedName(name));
  if (problems.length > 0) return problems;
  if (name.includes("/")) {
    const follows = isNative(name) || (!name.startsWith("requests.") && !name.includes("kubernetes.io/"));
    return follows ? [] : [invalid(path, name, "doesn't follow extended resource name standard")];
  }
  if (ofContainers.test(name)) return [];
  const unknown = ofQuotas.test(name)
    ? []
    : [invalid(path, name, "must be a standard resource type or fully qualified")];
  return [...unknown, invalid(path, name, "must be a standard resource for containers")];
}

export function checkQuantity(name: string, text: string, path: string): Problem[] {
  const { nanos } = parseQuantity(text);
  if (nanos < 0n) return [invalid(path, text, notNegative)];
  const isWhole = nanos % 1_000_000_000n === 0n;
  const counted = !isNative(name) || name === "pods";
  return counted && !isWhole ? [invalid(path, text, "must be an integer")] : [];
}

const checkAmounts = (amounts: Readonly<Record<string, string>>, path: string): Problem[] =>
  Object.entries(amounts).flatMap(([name, text]) => [
    ...checkResourceName(name, `${path}[${name}]`),
    ...checkQuantity(name, text, `${path}[${name}]`),
  ]);

/** Amounts that are what they claim to be, and no request over its limit. */
export function checkResourceRequirements(
  { limits = {}, requests = {} }: ResourceRequirements,
  path: string,
): Problem[] {
  const problems = [...checkAmounts(limits, `${path}.limits`), ...checkAmounts(requests, `${path}.requests`)];
  for (const [name, request] of Object.entries(requests)) {
    const limit = limits[name];
    if (limit === undefined) {
      if (!mayOvercommit(name)) {
        problems.push(required(`${path}.limits`, "Limit must be set for non overcommitable resources"));
      }
      continue;
    }
    const difference = compareQuantities(parseQuantity(request), parseQuantity(limit));
    if (difference !== 0 && !mayOvercommit(name)) {
      problems.push(invalid(`${path}.requests`, request, `must be equal to ${name} limit of ${limit}`));
    } else if (difference > 0) {
      problems.push(invalid(`${path}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`));
    }
  }
  return problems;
}
