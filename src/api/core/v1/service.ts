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
    name: string({ tag: 1, description: "Unique within the service; needed when there are several." }),
    protocol: enumOf(["TCP", "UDP", "SCTP"], { tag: 2, description: "TCP, UDP or SCTP.", default: "TCP" }),
    appProtocol: string({ tag: 6, description: "The protocol above, for who reads it." }),
    port: int({ tag: 3, description: "The port of the service.", required: true, keepEmpty: true }),
    targetPort: intOrString({ tag: 4, description: "Number or name of the pods' port; the same as port by default." }),
    nodePort: int({
      tag: 5,
      omitZero: true,
      description: "Port on every node, for NodePort and LoadBalancer; allocated when not given.",
    }),
  },
  {
    description: "A port of a service.",
    derive: (v) => deriveServicePort(v),
    check: (v, path) => checkServicePort(v, path),
  },
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
    ports: list(ServicePort, {
      tag: 1,
      description: "Ports of the service.",
      patch: "merge",
      mergeKey: "port",
      listType: "map",
      keys: ["port", "protocol"],
    }),
    selector: map(string(), {
      tag: 2,
      description: "Labels of the pods behind it. Without any, someone else writes the endpoints.",
      atomic: true,
    }),
    clusterIP: string({
      tag: 3,
      description:
        "Virtual address inside the cluster; allocated when empty. None makes a headless service: names resolve to the pods themselves. Cannot change later.",
    }),
    clusterIPs: list(string(), {
      tag: 18,
      description: "The same for each family of addresses; the first equals clusterIP.",
    }),
    type: enumOf(["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"], {
      tag: 4,
      description: "ClusterIP, NodePort, LoadBalancer, or ExternalName for an alias to a name outside.",
    }),
    externalIPs: list(string(), { tag: 5, description: "Further addresses at which nodes accept traffic for it." }),
    sessionAffinity: enumOf(["ClientIP", "None"], {
      tag: 7,
      description: "ClientIP sends a client to the same pod each time; None does not.",
    }),
    loadBalancerIP: string({ tag: 8, description: "Wanted address of the load balancer." }),
    loadBalancerSourceRanges: list(string(), { tag: 9, description: "Addresses that the load balancer lets through." }),
    externalName: string({ tag: 10, description: "The name that an ExternalName stands for." }),
    externalTrafficPolicy: enumOf(["Cluster", "Local"], {
      tag: 11,
      description:
        "Local keeps traffic from outside on the node it came to, with the client's address; Cluster spreads it.",
    }),
    healthCheckNodePort: int({
      tag: 12,
      omitZero: true,
      description: "Port at which nodes say whether they have pods of the service.",
    }),
    publishNotReadyAddresses: bool({ tag: 13, omitZero: true, description: "Count pods that are not ready." }),
    sessionAffinityConfig: ref(SessionAffinityConfig, {
      tag: 14,
      description: "How long a client stays with its pod.",
    }),
    ipFamilies: list(enumOf(["IPv4", "IPv6", ""]), { tag: 19, description: "IPv4, IPv6 or both." }),
    ipFamilyPolicy: enumOf(["SingleStack", "PreferDualStack", "RequireDualStack"], {
      tag: 17,
      description: "SingleStack, PreferDualStack or RequireDualStack.",
    }),
    allocateLoadBalancerNodePorts: bool({ tag: 20, description: "Whether a LoadBalancer gets node ports." }),
    loadBalancerClass: string({ tag: 21, description: "Which load balancer shall serve it." }),
    internalTrafficPolicy: enumOf(["Cluster", "Local"], {
      tag: 22,
      description: "Local keeps traffic from inside on its node; Cluster spreads it.",
    }),
    trafficDistribution: string({ tag: 23, description: "Which endpoints are preferred, as PreferClose." }),
  },
  {
    description: "What a service leads to and how it is reached.",
    derive: (v) => deriveServiceSpec(v),
    check: (v, path) => checkServiceSpec(v, path),
  },
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
    spec: ref(ServiceSpec, { tag: 2, description: "What should be reached and how.", default: {} }),
    status: ref(ServiceStatus, { tag: 3, description: "What was allocated outside of the cluster." }),
  },
  { description: "A fixed address for a changing set of pods.", derive: (v) => deriveService(v) },
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
