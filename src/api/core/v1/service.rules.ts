import { badly, checkNames, ifGiven, same } from "#api/meta/check.ts";
import type { Rules } from "#api/resource.ts";
import { isDns1123Label, isDns1123Subdomain, isIpAddress, isPortNumber, labelProblems } from "#schema/formats.ts";
import { duplicate, forbidden, invalid, type Problem, required } from "#schema/problem.ts";
import { checkPort } from "./probe.rules.ts";
import type { Service, ServicePort, ServiceSpec } from "./service.ts";

export const serviceRules: Rules<Service> = {
  create({ spec }) {
    if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
  },
  update({ spec }, old) {
    keepAllocated(spec, old.spec);
    alignClusterIps(spec, old.spec);
    dropForeignFields(spec, old.spec);
  },
  check: (next, old) => [...checkFamilies(next.spec), ...(old ? checkAddressChange(next.spec, old.spec) : [])],
};

/** Old clients know only `clusterIP`: when they change or clear it, `clusterIPs` follows. */
function alignClusterIps(next: ServiceSpec, old: ServiceSpec): void {
  const { clusterIP = "" } = next;
  if (clusterIP === (old.clusterIP ?? "") || !same(next.clusterIPs ?? [], old.clusterIPs ?? [])) return;
  if (clusterIP) next.clusterIPs = [clusterIP];
  else delete next.clusterIPs;
}

const hasClusterIp = ({ type }: ServiceSpec) => type !== "ExternalName";
const hasNodePorts = ({ type, allocateLoadBalancerNodePorts }: ServiceSpec) =>
  type === "NodePort" || (type === "LoadBalancer" && allocateLoadBalancerNodePorts !== false);

/** A change of the type takes the fields along that only the old type had, unless the client changed them itself. */
function dropForeignFields(next: ServiceSpec, old: ServiceSpec): void {
  if (hasClusterIp(old) && !hasClusterIp(next)) {
    if (same(next.clusterIPs, old.clusterIPs)) {
      delete next.clusterIP;
      delete next.clusterIPs;
    }
    if (same(next.ipFamilies, old.ipFamilies)) delete next.ipFamilies;
    if (next.ipFamilyPolicy === old.ipFamilyPolicy) delete next.ipFamilyPolicy;
    if (next.internalTrafficPolicy === old.internalTrafficPolicy) delete next.internalTrafficPolicy;
  }
  if (hasNodePorts(old) && !hasNodePorts(next)) dropNodePorts(next, old);
  const isExternal = ({ type }: ServiceSpec) => type === "NodePort" || type === "LoadBalancer";
  if (isExternal(old) && !isExternal(next) && (next.externalIPs ?? []).length === 0) {
    if (next.externalTrafficPolicy === old.externalTrafficPolicy) delete next.externalTrafficPolicy;
    if (next.healthCheckNodePort === old.healthCheckNodePort) delete next.healthCheckNodePort;
  }
  if (old.type === "LoadBalancer" && next.type !== "LoadBalancer") {
    delete next.allocateLoadBalancerNodePorts;
    if (next.loadBalancerClass === old.loadBalancerClass) delete next.loadBalancerClass;
  }
}

function dropNodePorts(next: ServiceSpec, old: ServiceSpec): void {
  const before = (old.ports ?? []).map((port) => port.nodePort);
  for (const port of next.ports ?? []) if (before.includes(port.nodePort)) delete port.nodePort;
}

/** Who sends a service without what was allocated for it does not want it taken away. */
function keepAllocated(next: ServiceSpec, old: ServiceSpec): void {
  if (hasClusterIp(next) && hasClusterIp(old)) {
    if (!next.clusterIP && old.clusterIP) next.clusterIP = old.clusterIP;
    if (!next.clusterIPs?.length && next.clusterIP === old.clusterIP && old.clusterIPs)
      next.clusterIPs = old.clusterIPs;
  }
  if (!hasNodePorts(next) || !hasNodePorts(old)) return;
  const taken = new Set((next.ports ?? []).map((port) => port.nodePort));
  for (const port of next.ports ?? []) {
    if (port.nodePort) continue;
    const before = old.ports?.find((p) => p.port === port.port && p.protocol === port.protocol)?.nodePort;
    if (before && !taken.has(before)) port.nodePort = before;
  }
}

/** The cluster has IPv4 only; what allocates no address may ask for both families all the same. */
function checkFamilies(spec: ServiceSpec): Problem[] {
  if (!hasClusterIp(spec) || (spec.clusterIP === "None" && Object.keys(spec.selector ?? {}).length === 0)) return [];
  const families = spec.ipFamilies ?? [];
  const foreign = families.flatMap((family, i) =>
    family === "IPv6" ? [invalid(`spec.ipFamilies[${i}]`, family, "not configured on this cluster")] : [],
  );
  if (spec.ipFamilyPolicy !== "RequireDualStack") return foreign;
  const text = "this cluster is not configured for dual-stack services";
  return [...foreign, invalid("spec.ipFamilyPolicy", spec.ipFamilyPolicy, text)];
}

function checkAddressChange(next: ServiceSpec, old: ServiceSpec): Problem[] {
  if (!hasClusterIp(next) || !hasClusterIp(old)) return [];
  const [before] = old.clusterIPs ?? [];
  const [now] = next.clusterIPs ?? [];
  if (before === undefined || before === now) return [];
  const text = now === undefined ? "primary clusterIP can not be unset" : "may not change once set";
  return [invalid("spec.clusterIPs[0]", next.clusterIPs ?? null, text)];
}

export function checkServicePort(port: ServicePort, path: string): Problem[] {
  return [
    ...ifGiven(`${path}.name`, port.name, isDns1123Label),
    ...badly(`${path}.port`, port.port ?? 0, isPortNumber(port.port ?? 0)),
    ...checkPort(port.targetPort, `${path}.targetPort`),
  ];
}

export function checkServiceSpec(spec: ServiceSpec, path: string): Problem[] {
  return [
    ...checkPorts(spec, path),
    ...checkAddresses(spec, path),
    ...checkByType(spec, path),
    ...labelProblems(spec.selector, `${path}.selector`),
  ];
}

function checkPorts(spec: ServiceSpec, path: string): Problem[] {
  const ports = spec.ports ?? [];
  const isHeadless = spec.clusterIP === "None";
  if (ports.length === 0) return isHeadless || spec.type === "ExternalName" ? [] : [required(`${path}.ports`)];
  const field = (i: number) => `${path}.ports[${i}]`;
  const problems = checkNames(
    ports.map(({ name }) => name ?? ""),
    (i) => `${field(i)}.name`,
  );
  const seen = new Set<string>();
  const nodePorts = new Set<string>();
  for (const [i, { name, port, protocol, nodePort }] of ports.entries()) {
    if (ports.length > 1 && !name) problems.push(required(`${field(i)}.name`));
    if (seen.has(`${protocol}/${port}`)) problems.push(duplicate(field(i), { protocol, port }));
    seen.add(`${protocol}/${port}`);
    if (!nodePort) continue;
    if (spec.type === "ClusterIP" || spec.type === undefined) {
      problems.push(forbidden(`${field(i)}.nodePort`, "may not be used when `type` is 'ClusterIP'"));
    }
    if (nodePorts.has(`${protocol}/${nodePort}`)) problems.push(duplicate(`${field(i)}.nodePort`, nodePort));
    nodePorts.add(`${protocol}/${nodePort}`);
  }
  return problems;
}

function checkAddresses(spec: ServiceSpec, path: string): Problem[] {
  const { clusterIP = "", clusterIPs = [], externalIPs = [], type } = spec;
  const problems: Problem[] = [];
  if (type !== "ExternalName" && clusterIP && clusterIPs.length > 0 && clusterIPs[0] !== clusterIP) {
    problems.push(invalid(`${path}.clusterIPs[0]`, clusterIPs, "first value must match `clusterIP`"));
  }
  clusterIPs.forEach((ip, i) => {
    if (ip !== "None") problems.push(...badly(`${path}.clusterIPs[${i}]`, ip, isIpAddress(ip)));
    else if (type === "NodePort" || type === "LoadBalancer") {
      problems.push(invalid(`${path}.clusterIPs[${i}]`, ip, `may not be set to 'None' for ${type} services`));
    }
  });
  externalIPs.forEach((ip, i) => {
    problems.push(...badly(`${path}.externalIPs[${i}]`, ip, isIpAddress(ip)));
  });
  return problems;
}

const oneDay = 86400;
const kubeletPort = 10250;

function checkByType(spec: ServiceSpec, path: string): Problem[] {
  const { type, clusterIPs = [], externalName = "" } = spec;
  const problems: Problem[] = [];
  if (type === "ExternalName") {
    const name = externalName.replace(/\.$/, "");
    problems.push(
      ...(name ? badly(`${path}.externalName`, name, isDns1123Subdomain(name)) : [required(`${path}.externalName`)]),
    );
    if (clusterIPs.length > 0)
      problems.push(forbidden(`${path}.clusterIPs`, "may not be set for ExternalName services"));
  }
  const onlyBalanced = "may only be used when `type` is 'LoadBalancer'";
  if (type === "LoadBalancer") {
    (spec.ports ?? []).forEach(({ port }, i) => {
      const text = `may not expose port ${kubeletPort} externally since it is used by kubelet`;
      if (port === kubeletPort) problems.push(invalid(`${path}.ports[${i}]`, port, text));
    });
  } else {
    if (spec.allocateLoadBalancerNodePorts !== undefined)
      problems.push(forbidden(`${path}.allocateLoadBalancerNodePorts`, onlyBalanced));
    if (spec.loadBalancerClass !== undefined) problems.push(forbidden(`${path}.loadBalancerClass`, onlyBalanced));
    if ((spec.loadBalancerSourceRanges ?? []).length > 0)
      problems.push(forbidden(`${path}.loadBalancerSourceRanges`, onlyBalanced));
  }
  const isExternal = type === "NodePort" || type === "LoadBalancer" || (spec.externalIPs ?? []).length > 0;
  if (spec.externalTrafficPolicy && !isExternal) {
    const text = "may only be set for externally-accessible services";
    problems.push(invalid(`${path}.externalTrafficPolicy`, spec.externalTrafficPolicy, text));
  }
  const timeout = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (timeout !== undefined && (timeout <= 0 || timeout > oneDay)) {
    const field = `${path}.sessionAffinityConfig.clientIP.timeoutSeconds`;
    problems.push(invalid(field, timeout, `must be greater than 0 and less than ${oneDay}`));
  }
  return problems;
}
