import { badly, ifGiven } from "#api/meta/check.ts";
import { isDns1123Label, isDns1123Subdomain, isIpAddress, isPortNumber } from "#schema/formats.ts";
import { type Problem, required } from "#schema/problem.ts";
import type { EndpointAddress, EndpointSubset } from "./endpoints.ts";

export function checkSubset(
  { addresses = [], notReadyAddresses = [], ports = [] }: EndpointSubset,
  path: string,
): Problem[] {
  const problems: Problem[] = [];
  if (addresses.length + notReadyAddresses.length === 0) {
    problems.push(required(path, "must specify `addresses` or `notReadyAddresses`"));
  }
  ports.forEach(({ name, port }, i) => {
    const field = `${path}.ports[${i}]`;
    if (ports.length > 1 && !name) problems.push(required(`${field}.name`));
    problems.push(...ifGiven(`${field}.name`, name, isDns1123Label));
    problems.push(...badly(`${field}.port`, port ?? 0, isPortNumber(port ?? 0)));
  });
  return problems;
}

export function checkAddress({ ip, hostname, nodeName }: EndpointAddress, path: string): Problem[] {
  return [
    ...ifGiven(`${path}.ip`, ip, checkReachable),
    ...ifGiven(`${path}.hostname`, hostname, isDns1123Label),
    ...ifGiven(`${path}.nodeName`, nodeName, isDns1123Subdomain),
  ];
}

/** Traffic must not be led to the node itself or its neighbours on the wire. */
export function checkReachable(ip: string): string[] {
  const wrong = isIpAddress(ip);
  if (wrong.length > 0) return wrong;
  const address = ip.toLowerCase();
  const problems: string[] = [];
  if (address === "0.0.0.0" || address === "::") problems.push(`may not be unspecified (${ip})`);
  if (/^127\./.test(address) || address === "::1") {
    problems.push("may not be in the loopback range (127.0.0.0/8, ::1/128)");
  }
  if (/^169\.254\./.test(address) || /^fe[89ab]/.test(address)) {
    problems.push("may not be in the link-local range (169.254.0.0/16, fe80::/10)");
  }
  if (/^224\.0\.0\./.test(address) || /^ff02:/.test(address)) {
    problems.push("may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
  }
  return problems;
}
