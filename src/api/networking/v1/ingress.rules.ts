import { badly, ifGiven } from "#api/meta/check.ts";
import type { Rules } from "#api/resource.ts";
import {
  isDns1035Label,
  isDns1123Subdomain,
  isIpAddress,
  isPortName,
  isPortNumber,
  isWildcardDns1123Subdomain,
} from "#schema/formats.ts";
import { invalid, type Problem, required } from "#schema/problem.ts";
import type { HTTPIngressPath, Ingress, IngressBackend, IngressSpec } from "./ingress.ts";

/** How a class was named before the field came. */
export const classAnnotation = "kubernetes.io/ingress.class";

export const ingressRules: Rules<Ingress> = {
  check({ metadata, spec }, old) {
    const annotation = metadata.annotations?.[classAnnotation];
    if (old || annotation === undefined || spec.ingressClassName === undefined) return [];
    const path = `metadata.annotations.${classAnnotation}`;
    return [invalid(path, annotation, "can not be set when the class field is also set")];
  },
};

export function checkIngressSpec(
  { rules = [], defaultBackend, tls = [], ingressClassName }: IngressSpec,
  path: string,
): Problem[] {
  const problems: Problem[] = [];
  if (rules.length === 0 && !defaultBackend)
    problems.push(invalid(path, undefined, "either `defaultBackend` or `rules` must be specified"));
  if (defaultBackend) problems.push(...checkBackend(defaultBackend, `${path}.defaultBackend`));
  rules.forEach(({ host = "", http }, i) => {
    const field = `${path}.rules[${i}]`;
    if (host) problems.push(...checkHost(host, `${field}.host`));
    if (http && (http.paths ?? []).length === 0) problems.push(required(`${field}.http.paths`));
    problems.push(...(http?.paths ?? []).flatMap((each, n) => checkPath(each, `${field}.http.paths[${n}]`)));
  });
  tls.forEach(({ hosts = [], secretName }, i) => {
    problems.push(...hosts.flatMap((host, n) => badly(`${path}.tls[${i}].hosts[${n}]`, host, checkName(host))));
    problems.push(...ifGiven(`${path}.tls[${i}].secretName`, secretName, isDns1123Subdomain));
  });
  if (ingressClassName !== undefined)
    problems.push(...badly(`${path}.ingressClassName`, ingressClassName, isDns1123Subdomain(ingressClassName)));
  return problems;
}

const checkName = (host: string) => (host.includes("*") ? isWildcardDns1123Subdomain(host) : isDns1123Subdomain(host));

/** A host name, which an address is not. */
export function checkHost(host: string, path: string): Problem[] {
  const address = isIpAddress(host).length === 0;
  return [
    ...(address ? [invalid(path, host, "must be a DNS name, not an IP address")] : []),
    ...badly(path, host, checkName(host)),
  ];
}

const notInside = ["//", "/./", "/../", "%2f", "%2F"];
const notAtEnd = ["/..", "/."];

function checkPath({ path = "", pathType, backend }: HTTPIngressPath, field: string): Problem[] {
  const problems: Problem[] = [];
  if (!pathType) problems.push(required(`${field}.pathType`, "pathType must be specified"));
  else if (pathType === "ImplementationSpecific") {
    if (path && !path.startsWith("/")) problems.push(invalid(`${field}.path`, path, "must be an absolute path"));
  } else if (pathType === "Exact" || pathType === "Prefix") {
    problems.push(...checkAbsolutePath(path, `${field}.path`));
  }
  return [...problems, ...checkBackend(backend ?? {}, `${field}.backend`)];
}

export function checkAbsolutePath(path: string, field: string): Problem[] {
  const problems = path.startsWith("/") ? [] : [invalid(field, path, "must be an absolute path")];
  for (const text of notInside)
    if (path.includes(text)) problems.push(invalid(field, path, `must not contain '${text}'`));
  for (const text of notAtEnd)
    if (path.endsWith(text)) problems.push(invalid(field, path, `cannot end with '${text}'`));
  return problems;
}

function checkBackend({ service, resource }: IngressBackend, path: string): Problem[] {
  if (service && resource) return [invalid(path, "", "cannot set both resource and service backends")];
  if (resource)
    return [
      ...(resource.kind ? [] : [required(`${path}.resource.kind`)]),
      ...(resource.name ? [] : [required(`${path}.resource.name`)]),
    ];
  if (!service) return [invalid(path, "", "resource or service backend is required")];
  const { name = "", port: { name: portName = "", number = 0 } = {} } = service;
  const problems = name
    ? badly(`${path}.service.name`, name, isDns1035Label(name))
    : [required(`${path}.service.name`)];
  if (portName && number) return [...problems, invalid(path, "", "cannot set both port name & port number")];
  if (portName) return [...problems, ...badly(`${path}.service.port.name`, portName, isPortName(portName))];
  if (number) return [...problems, ...badly(`${path}.service.port.number`, number, isPortNumber(number))];
  return [...problems, required(path, "port name or number is required")];
}
