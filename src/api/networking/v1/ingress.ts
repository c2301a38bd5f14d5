import { TypedLocalObjectReference } from "#api/core/v1/object-reference.ts";
import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { enumOf, type Infer, inlined, int, list, ref, string, struct } from "#schema/nodes.ts";
import { ingressColumns } from "./ingress.columns.ts";
import { checkIngressSpec, ingressRules } from "./ingress.rules.ts";

export const ServiceBackendPort = struct(
  "io.k8s.api.networking.v1.ServiceBackendPort",
  {
    name: string({ tag: 1, description: "Name of the service's port." }),
    number: int({ tag: 2, omitZero: true, description: "Number of the service's port." }),
  },
  { description: "A port of a service, by name or by number.", atomic: true },
);

export interface ServiceBackendPort extends Infer<typeof ServiceBackendPort> {}

export const IngressServiceBackend = struct("io.k8s.api.networking.v1.IngressServiceBackend", {
  name: string({ tag: 1, required: true, keepEmpty: true, description: "A service in the ingress' namespace." }),
  port: ref(ServiceBackendPort, { tag: 2, description: "Which of its ports." }),
});

export interface IngressServiceBackend extends Infer<typeof IngressServiceBackend> {}

export const IngressBackend = struct(
  "io.k8s.api.networking.v1.IngressBackend",
  {
    service: ref(IngressServiceBackend, { tag: 4, description: "The service that answers." }),
    resource: ref(TypedLocalObjectReference, { tag: 3, description: "Another object instead of a service." }),
  },
  { description: "Who answers requests." },
);

export interface IngressBackend extends Infer<typeof IngressBackend> {}

export const HTTPIngressPath = struct("io.k8s.api.networking.v1.HTTPIngressPath", {
  path: string({ tag: 1, description: "Compared with the path of requests; begins with a slash." }),
  pathType: enumOf(["Exact", "ImplementationSpecific", "Prefix"], {
    tag: 3,
    required: true,
    keepEmpty: true,
    description: "How it is compared: Exact, Prefix (by whole elements) or as the controller likes.",
  }),
  backend: ref(IngressBackend, { tag: 2, required: true, keepEmpty: true, description: "Who answers." }),
});

export interface HTTPIngressPath extends Infer<typeof HTTPIngressPath> {}

export const HTTPIngressRuleValue = struct("io.k8s.api.networking.v1.HTTPIngressRuleValue", {
  paths: list(HTTPIngressPath, { tag: 1, required: true, keepEmpty: true, description: "Paths and who answers them." }),
});

export interface HTTPIngressRuleValue extends Infer<typeof HTTPIngressRuleValue> {}

export const IngressRuleValue = struct("io.k8s.api.networking.v1.IngressRuleValue", {
  http: ref(HTTPIngressRuleValue, { tag: 1, description: "Rules for HTTP requests." }),
});

export interface IngressRuleValue extends Infer<typeof IngressRuleValue> {}

export const IngressRule = struct(
  "io.k8s.api.networking.v1.IngressRule",
  {
    host: string({ tag: 1, description: "Host name; `*.` at its start stands for one element. Empty means any host." }),
    ...inlined(IngressRuleValue, 2),
  },
  { description: "What happens to requests for one host." },
);

export interface IngressRule extends Infer<typeof IngressRule> {}

export const IngressTLS = struct("io.k8s.api.networking.v1.IngressTLS", {
  hosts: list(string(), { tag: 1, description: "Hosts that the certificate is for." }),
  secretName: string({ tag: 2, description: "Secret with tls.crt and tls.key." }),
});

export interface IngressTLS extends Infer<typeof IngressTLS> {}

export const IngressSpec = struct(
  "io.k8s.api.networking.v1.IngressSpec",
  {
    ingressClassName: string({ tag: 4, description: "The IngressClass whose controller serves this." }),
    defaultBackend: ref(IngressBackend, { tag: 1, description: "Answers what no rule is for." }),
    tls: list(IngressTLS, { tag: 2, description: "Certificates by host." }),
    rules: list(IngressRule, { tag: 3, description: "Rules by host; without one all goes to the default backend." }),
  },
  { description: "Which requests lead to which service.", check: (v, path) => checkIngressSpec(v, path) },
);

export interface IngressSpec extends Infer<typeof IngressSpec> {}

export const IngressPortStatus = struct("io.k8s.api.networking.v1.IngressPortStatus", {
  port: int({ tag: 1, required: true, keepEmpty: true }),
  protocol: enumOf(["TCP", "UDP", "SCTP"], { tag: 2, required: true, keepEmpty: true }),
  error: string({ tag: 3 }),
});

export interface IngressPortStatus extends Infer<typeof IngressPortStatus> {}

export const IngressLoadBalancerIngress = struct("io.k8s.api.networking.v1.IngressLoadBalancerIngress", {
  ip: string({ tag: 1 }),
  hostname: string({ tag: 2 }),
  ports: list(IngressPortStatus, { tag: 4 }),
});

export interface IngressLoadBalancerIngress extends Infer<typeof IngressLoadBalancerIngress> {}

export const IngressLoadBalancerStatus = struct("io.k8s.api.networking.v1.IngressLoadBalancerStatus", {
  ingress: list(IngressLoadBalancerIngress, { tag: 1, description: "Where it can be reached." }),
});

export interface IngressLoadBalancerStatus extends Infer<typeof IngressLoadBalancerStatus> {}

export const IngressStatus = struct("io.k8s.api.networking.v1.IngressStatus", {
  loadBalancer: ref(IngressLoadBalancerStatus, { tag: 1, default: {} }),
});

export interface IngressStatus extends Infer<typeof IngressStatus> {}

export const Ingress = kubeObject(
  "io.k8s.api.networking.v1.Ingress",
  {
    spec: ref(IngressSpec, { tag: 2, description: "Which requests lead where.", default: {} }),
    status: ref(IngressStatus, { tag: 3, description: "Where it can be reached.", default: {} }),
  },
  { description: "Leads HTTP requests from outside to services, by host and path." },
);

export interface Ingress extends Infer<typeof Ingress>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const Ingresses = defineResource<Ingress>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "Ingress",
  plural: "ingresses",
  scope: "Namespaced",
  schema: Ingress,
  shortNames: ["ing"],
  subresources: ["status"],
  columns: ingressColumns,
  rules: ingressRules,
});
