import { Condition } from "#api/meta/condition.ts";
import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { bool, enumOf, type Infer, int, intOrString, list, map, ref, string, struct } from "#schema/nodes.ts";
import { serviceColumns } from "./service.columns.ts";
import { deriveService, deriveServicePort, deriveServiceSpec } from "./service.defaults.ts";
import { checkServicePort, checkServiceSpec, serviceRules } from "./service.rules.ts";

export const ServicePort = struct(
  "io.k8s.api.core.v1.ServicePort",
  {
    name: string({ tag: 1 }),
    protocol: enumOf(["TCP", "UDP", "SCTP"], { tag: 2, default: "TCP" }),
    appProtocol: string({ tag: 6 }),
    port: int({ tag: 3, required: true, keepEmpty: true }),
    targetPort: intOrString({ tag: 4 }),
    nodePort: int({ tag: 5 }),
  },
  { derive: (v) => deriveServicePort(v), check: (v, path) => checkServicePort(v, path) },
);

export interface ServicePort extends Infer<typeof ServicePort> {}

export const ClientIPConfig = struct("io.k8s.api.core.v1.ClientIPConfig", {
  timeoutSeconds: int({ tag: 1 }),
});

export interface ClientIPConfig extends Infer<typeof ClientIPConfig> {}

export const SessionAffinityConfig = struct("io.k8s.api.core.v1.SessionAffinityConfig", {
  clientIP: ref(ClientIPConfig, { tag: 1 }),
});

export interface SessionAffinityConfig extends Infer<typeof SessionAffinityConfig> {}

export const ServiceSpec = struct(
  "io.k8s.api.core.v1.ServiceSpec",
  {
    ports: list(ServicePort, { tag: 1, patch: "merge", mergeKey: "port", listType: "map", keys: ["port", "protocol"] }),
    selector: map(string(), { tag: 2, atomic: true }),
    clusterIP: string({ tag: 3 }),
    clusterIPs: list(string(), { tag: 18 }),
    type: enumOf(["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"], { tag: 4 }),
    externalIPs: list(string(), { tag: 5 }),
    sessionAffinity: enumOf(["ClientIP", "None"], { tag: 7 }),
    loadBalancerIP: string({ tag: 8 }),
    loadBalancerSourceRanges: list(string(), { tag: 9 }),
    externalName: string({ tag: 10 }),
    externalTrafficPolicy: enumOf(["Cluster", "Local"], { tag: 11 }),
    healthCheckNodePort: int({ tag: 12 }),
    publishNotReadyAddresses: bool({ tag: 13 }),
    sessionAffinityConfig: ref(SessionAffinityConfig, { tag: 14 }),
    ipFamilies: list(enumOf(["IPv4", "IPv6", ""]), { tag: 19 }),
    ipFamilyPolicy: enumOf(["SingleStack", "PreferDualStack", "RequireDualStack"], { tag: 17 }),
    allocateLoadBalancerNodePorts: bool({ tag: 20 }),
    loadBalancerClass: string({ tag: 21 }),
    internalTrafficPolicy: enumOf(["Cluster", "Local"], { tag: 22 }),
    trafficDistribution: string({ tag: 23 }),
  },
  { derive: (v) => deriveServiceSpec(v), check: (v, path) => checkServiceSpec(v, path) },
);

export interface ServiceSpec extends Infer<typeof ServiceSpec> {}

export const PortStatus = struct("io.k8s.api.core.v1.PortStatus", {
  port: int({ tag: 1, required: true, keepEmpty: true }),
  protocol: enumOf(["TCP", "UDP", "SCTP"], { tag: 2, required: true, keepEmpty: true }),
  error: string({ tag: 3 }),
});

export interface PortStatus extends Infer<typeof PortStatus> {}

export const LoadBalancerIngress = struct("io.k8s.api.core.v1.LoadBalancerIngress", {
  ip: string({ tag: 1 }),
  hostname: string({ tag: 2 }),
  ipMode: string({ tag: 3 }),
  ports: list(PortStatus, { tag: 4 }),
});

export interface LoadBalancerIngress extends Infer<typeof LoadBalancerIngress> {}

export const LoadBalancerStatus = struct("io.k8s.api.core.v1.LoadBalancerStatus", {
  ingress: list(LoadBalancerIngress, { tag: 1 }),
});

export interface LoadBalancerStatus extends Infer<typeof LoadBalancerStatus> {}

export const ServiceStatus = struct("io.k8s.api.core.v1.ServiceStatus", {
  loadBalancer: ref(LoadBalancerStatus, { tag: 1 }),
  conditions: list(Condition, { tag: 2, patch: "merge", mergeKey: "type", listType: "map", keys: ["type"] }),
});

export interface ServiceStatus extends Infer<typeof ServiceStatus> {}

export const Service = kubeObject(
  "io.k8s.api.core.v1.Service",
  {
    spec: ref(ServiceSpec, { tag: 2, default: {} }),
    status: ref(ServiceStatus, { tag: 3 }),
  },
  { derive: (v) => deriveService(v) },
);

export interface Service extends Infer<typeof Service>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const Services = defineResource<Service>({
  group: "",
  version: "v1",
  kind: "Service",
  plural: "services",
  scope: "Namespaced",
  schema: Service,
  shortNames: ["svc"],
  categories: ["all"],
  subresources: ["status", "proxy"],
  nameRule: "dns1035Label",
  specFields: [],
  columns: serviceColumns,
  selectableFields: { "spec.clusterIP": (s) => s.spec.clusterIP ?? "", "spec.type": (s) => s.spec.type ?? "" },
  rules: serviceRules,
});
