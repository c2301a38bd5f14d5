import type { Service, ServicePort, ServiceSpec } from "./service.ts";

const threeHours = 10800;

export function deriveService(service: Service): void {
  service.status ??= {};
  service.status.loadBalancer ??= {};
  if (service.spec.type !== "LoadBalancer") return;
  for (const ingress of service.status.loadBalancer.ingress ?? []) if (ingress.ip) ingress.ipMode ??= "VIP";
}

export function deriveServicePort(port: ServicePort): void {
  port.targetPort ||= port.port;
}

export function deriveServiceSpec(spec: ServiceSpec): void {
  spec.type ??= "ClusterIP";
  spec.sessionAffinity ??= "None";
  if (spec.sessionAffinity === "None") delete spec.sessionAffinityConfig;
  else if (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined) {
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: threeHours } };
  }
  const isExternal = spec.type === "NodePort" || spec.type === "LoadBalancer" || (spec.externalIPs ?? []).length > 0;
  if (isExternal) spec.externalTrafficPolicy ??= "Cluster";
  if (spec.type === "LoadBalancer") spec.allocateLoadBalancerNodePorts ??= true;
  if (spec.type === "ExternalName") return;
  spec.internalTrafficPolicy ??= "Cluster";
  deriveFamilies(spec);
}

/** The cluster has IPv4 only. A headless service that selects nothing may still carry addresses of both families. */
function deriveFamilies(spec: ServiceSpec): void {
  const anyAddress = spec.clusterIP === "None" && Object.keys(spec.selector ?? {}).length === 0;
  spec.ipFamilyPolicy ??= anyAddress ? "RequireDualStack" : "SingleStack";
  spec.ipFamilies ??= anyAddress && spec.ipFamilyPolicy !== "SingleStack" ? ["IPv4", "IPv6"] : ["IPv4"];
}
