import { ifGiven, unchanged } from "#api/meta/check.ts";
import type { Rules } from "#api/resource.ts";
import { isDns1123Subdomain } from "#schema/formats.ts";
import { forbidden, invalid, notSupported, type Problem, required, tooLong } from "#schema/problem.ts";
import type { IngressClass, IngressClassParametersReference, IngressClassSpec } from "./ingress-class.ts";

const longestController = 250;

export const ingressClassRules: Rules<IngressClass> = {
  check: (next, old) =>
    old ? unchanged("spec.controller", next.spec.controller ?? "", old.spec.controller ?? "") : [],
};

export function checkIngressClassSpec({ controller = "", parameters }: IngressClassSpec, path: string): Problem[] {
  const problems = checkController(controller, `${path}.controller`);
  return parameters ? [...problems, ...checkParameters(parameters, `${path}.parameters`)] : problems;
}

function checkController(controller: string, path: string): Problem[] {
  if (controller.length > longestController) return [tooLong(path, longestController)];
  if (controller === "") return [required(path)];
  const slash = controller.indexOf("/");
  if (slash < 1 || slash === controller.length - 1)
    return [invalid(path, controller, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  return ifGiven(path, controller.slice(0, slash), isDns1123Subdomain);
}

const scopes = ["Cluster", "Namespace"];

function checkParameters(reference: IngressClassParametersReference, path: string): Problem[] {
  const { apiGroup, kind, name, scope, namespace } = reference;
  const problems = ifGiven(`${path}.apiGroup`, apiGroup, isDns1123Subdomain);
  if (!kind) problems.push(required(`${path}.kind`, "kind is required"));
  if (!name) problems.push(required(`${path}.name`, "name is required"));
  if (!scope) problems.push(required(`${path}.scope`));
  else if (!scopes.includes(scope)) problems.push(notSupported(`${path}.scope`, scope, scopes));
  if (scope === "Namespace" && !namespace)
    problems.push(required(`${path}.namespace`, "`parameters.scope` is set to 'Namespace'"));
  if (scope === "Cluster" && namespace)
    problems.push(forbidden(`${path}.namespace`, "`parameters.scope` is set to 'Cluster'"));
  return problems;
}
