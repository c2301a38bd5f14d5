import { isIPv4, isIPv6 } from "node:net";
import { checkReachable } from "#api/core/v1/endpoints.rules.ts";
import { badly, ifGiven, unchanged } from "#api/meta/check.ts";
import type { Rules } from "#api/resource.ts";
import { isDns1123Label, isDns1123Subdomain } from "#schema/formats.ts";
import { duplicate, notSupported, type Problem, required, tooMany } from "#schema/problem.ts";
import type { Endpoint, EndpointSlice } from "./endpoint-slice.ts";

const kinds = ["IPv4", "IPv6", "FQDN"];
const most = { endpoints: 1000, addresses: 100, ports: 20000 };

export const endpointSliceRules: Rules<EndpointSlice> = {
  check: (next, old) => [
    ...(old ? unchanged("addressType", next.addressType, old.addressType) : []),
    ...(next.addressType && !kinds.includes(next.addressType)
      ? [notSupported("addressType", next.addressType, kinds)]
      : []),
    ...checkEndpoints(next),
    ...checkPorts(next),
  ],
};

function checkEndpoints({ endpoints, addressType }: EndpointSlice): Problem[] {
  const all = endpoints ?? [];
  if (all.length > most.endpoints) return [tooMany("endpoints", all.length, most.endpoints)];
  return all.flatMap((endpoint, i) => checkEndpoint(endpoint, addressType, `endpoints[${i}]`));
}

function checkEndpoint({ addresses, hostname, nodeName }: Endpoint, kind: string, path: string): Problem[] {
  const field = `${path}.addresses`;
  const given = addresses ?? [];
  const problems: Problem[] = [];
  if (given.length === 0) problems.push(required(field, "must contain at least 1 address"));
  if (given.length > most.addresses) problems.push(tooMany(field, given.length, most.addresses));
  else problems.push(...given.flatMap((address, i) => badly(`${field}[${i}]`, address, checkAddress(address, kind))));
  return [
    ...problems,
    ...ifGiven(`${path}.hostname`, hostname, isDns1123Label),
    ...ifGiven(`${path}.nodeName`, nodeName, isDns1123Subdomain),
  ];
}

function checkAddress(address: string, kind: string): string[] {
  if (kind === "FQDN") return isDns1123Subdomain(address);
  if (kind === "IPv4" && !isIPv4(address)) return ["must be a valid IPv4 address"];
  if (kind === "IPv6" && !isIPv6(address)) return ["must be a valid IPv6 address"];
  return kinds.includes(kind) ? checkReachable(address) : [];
}

function checkPorts({ ports = [] }: EndpointSlice): Problem[] {
  if (ports.length > most.ports) return [tooMany("ports", ports.length, most.ports)];
  const names = ports.map(({ name = "" }) => name);
  return names.flatMap((name, i) => [
    ...ifGiven(`ports[${i}].name`, name, isDns1123Label),
    ...(names.indexOf(name) < i ? [duplicate(`ports[${i}].name`, name)] : []),
  ]);
}
