import { badly } from "#api/meta/check.ts";
import { checkAbsolutePath, checkHost } from "#api/networking/v1/ingress.rules.ts";
import { isDns1035Label, isPortNumber } from "#schema/formats.ts";
import { duplicate, invalid, type Problem, required } from "#schema/problem.ts";
import type { DnsPath, DnsSpec } from "./dns.ts";

export function checkDnsSpec({ host = "", paths = [] }: DnsSpec, path: string): Problem[] {
  const problems = host ? checkHost(host, `${path}.host`) : [required(`${path}.host`)];
  if (host.includes("*")) problems.push(invalid(`${path}.host`, host, "must name one host, without a wildcard"));
  if (paths.length === 0) problems.push(required(`${path}.paths`));
  const seen = new Set<string>();
  paths.forEach((each, i) => {
    const field = `${path}.paths[${i}]`;
    problems.push(...checkPath(each, field));
    const whole = (each.path ?? "").replace(/\/+$/, "");
    if (seen.has(whole)) problems.push(duplicate(`${field}.path`, each.path));
    seen.add(whole);
  });
  return problems;
}

function checkPath({ path = "", serviceName = "", servicePort = 0 }: DnsPath, field: string): Problem[] {
  return [
    ...(path ? checkAbsolutePath(path, `${field}.path`) : [required(`${field}.path`)]),
    ...(serviceName
      ? badly(`${field}.serviceName`, serviceName, isDns1035Label(serviceName))
      : [required(`${field}.serviceName`)]),
    ...badly(`${field}.servicePort`, servicePort, isPortNumber(servicePort)),
  ];
}
