import { type KubeObject, kubeObject, ObjectMeta } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { bool, enumOf, type Infer, int, list, long, map, quantity, ref, string, struct } from "#schema/nodes.ts";
import { Container, EphemeralContainer } from "./container.ts";
import { LocalObjectReference } from "./object-reference.ts";
import { podColumns } from "./pod.columns.ts";
import { derivePod, derivePodSpec, derivePodTemplate } from "./pod.defaults.ts";
import { podRules } from "./pod.rules.ts";
import { checkPodSpec, checkPodTemplate } from "./pod-spec.rules.ts";
import { PodStatus } from "./pod-status.ts";
import { ResourceRequirements } from "./resources.ts";
import { Affinity, Toleration, TopologySpreadConstraint } from "./scheduling.ts";
import { PodSecurityContext } from "./security-context.ts";
import { Volume } from "./volume.ts";

export const HostAlias = struct("io.k8s.api.core.v1.HostAlias", {
  ip: string({ tag: 1, required: true }),
  hostnames: list(string(), { tag: 2 }),
});

export interface HostAlias extends Infer<typeof HostAlias> {}

export const PodDNSConfigOption = struct("io.k8s.api.core.v1.PodDNSConfigOption", {
  name: string({ tag: 1 }),
  value: string({ tag: 2 }),
});

export interface PodDNSConfigOption extends Infer<typeof PodDNSConfigOption> {}

export const PodDNSConfig = struct("io.k8s.api.core.v1.PodDNSConfig", {
  nameservers: list(string(), { tag: 1 }),
  searches: list(string(), { tag: 2 }),
  options: list(PodDNSConfigOption, { tag: 3 }),
});

export interface PodDNSConfig extends Infer<typeof PodDNSConfig> {}

export const PodReadinessGate = struct("io.k8s.api.core.v1.PodReadinessGate", {
  conditionType: string({ tag: 1, required: true }),
});

export interface PodReadinessGate extends Infer<typeof PodReadinessGate> {}

export const PodOS = struct("io.k8s.api.core.v1.PodOS", {
  name: string({ tag: 1, required: true }),
});

export interface PodOS extends Infer<typeof PodOS> {}

export const PodSchedulingGate = struct("io.k8s.api.core.v1.PodSchedulingGate", {
  name: string({ tag: 1, required: true }),
});

export interface PodSchedulingGate extends Infer<typeof PodSchedulingGate> {}

export const PodResourceClaim = struct("io.k8s.api.core.v1.PodResourceClaim", {
  name: string({ tag: 1, required: true }),
  resourceClaimName: string({ tag: 3 }),
  resourceClaimTemplateName: string({ tag: 4 }),
});

export interface PodResourceClaim extends Infer<typeof PodResourceClaim> {}

export const PodSchedulingGroup = struct("io.k8s.api.core.v1.PodSchedulingGroup", {
  podGroupName: string({ tag: 1 }),
});

export interface PodSchedulingGroup extends Infer<typeof PodSchedulingGroup> {}

export const PodSpec = struct(
  "io.k8s.api.core.v1.PodSpec",
  {
    volumes: list(Volume, { tag: 1, patch: "merge,retainKeys", mergeKey: "name", listType: "map", keys: ["name"] }),
    initContainers: list(Container, { tag: 20, patch: "merge", mergeKey: "name", listType: "map", keys: ["name"] }),
    containers: list(Container, {
      tag: 2,
      required: true,
      patch: "merge",
      mergeKey: "name",
      listType: "map",
      keys: ["name"],
    }),
    ephemeralContainers: list(EphemeralContainer, {
      tag: 34,
      patch: "merge",
      mergeKey: "name",
      listType: "map",
      keys: ["name"],
    }),
    restartPolicy: enumOf(["Always", "OnFailure", "Never"], { tag: 3 }),
    terminationGracePeriodSeconds: long({ tag: 4 }),
    activeDeadlineSeconds: long({ tag: 5 }),
    dnsPolicy: enumOf(["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"], { tag: 6 }),
    nodeSelector: map(string(), { tag: 7, atomic: true }),
    serviceAccountName: string({ tag: 8 }),
    serviceAccount: string({ tag: 9 }),
    automountServiceAccountToken: bool({ tag: 21 }),
    nodeName: string({ tag: 10 }),
    hostNetwork: bool({ tag: 11 }),
    hostPID: bool({ tag: 12 }),
    hostIPC: bool({ tag: 13 }),
    shareProcessNamespace: bool({ tag: 27 }),
    securityContext: ref(PodSecurityContext, { tag: 14 }),
    imagePullSecrets: list(LocalObjectReference, {
      tag: 15,
      patch: "merge",
      mergeKey: "name",
      listType: "map",
      keys: ["name"],
    }),
    hostname: string({ tag: 16 }),
    subdomain: string({ tag: 17 }),
    affinity: ref(Affinity, { tag: 18 }),
    schedulerName: string({ tag: 19 }),
    tolerations: list(Toleration, { tag: 22 }),
    hostAliases: list(HostAlias, { tag: 23, patch: "merge", mergeKey: "ip", listType: "map", keys: ["ip"] }),
    priorityClassName: string({ tag: 24 }),
    priority: int({ tag: 25 }),
    dnsConfig: ref(PodDNSConfig, { tag: 26 }),
    readinessGates: list(PodReadinessGate, { tag: 28 }),
    runtimeClassName: string({ tag: 29 }),
    enableServiceLinks: bool({ tag: 30 }),
    preemptionPolicy: enumOf(["PreemptLowerPriority", "Never"], { tag: 31 }),
    overhead: map(quantity(), { tag: 32 }),
    topologySpreadConstraints: list(TopologySpreadConstraint, {
      tag: 33,
      patch: "merge",
      mergeKey: "topologyKey",
      listType: "map",
      keys: ["topologyKey", "whenUnsatisfiable"],
    }),
    setHostnameAsFQDN: bool({ tag: 35 }),
    os: ref(PodOS, { tag: 36 }),
    hostUsers: bool({ tag: 37 }),
    schedulingGates: list(PodSchedulingGate, {
      tag: 38,
      patch: "merge",
      mergeKey: "name",
      listType: "map",
      keys: ["name"],
    }),
    resourceClaims: list(PodResourceClaim, {
      tag: 39,
      patch: "merge,retainKeys",
      mergeKey: "name",
      listType: "map",
      keys: ["name"],
    }),
    resources: ref(ResourceRequirements, { tag: 40 }),
    hostnameOverride: string({ tag: 41 }),
    schedulingGroup: ref(PodSchedulingGroup, { tag: 43 }),
  },
  { derive: (v) => derivePodSpec(v), check: (v, path) => checkPodSpec(v, path) },
);

export interface PodSpec extends Infer<typeof PodSpec> {}

export const Pod = kubeObject(
  "io.k8s.api.core.v1.Pod",
  {
    spec: ref(PodSpec, { tag: 2, default: {} }),
    status: ref(PodStatus, { tag: 3 }),
  },
  { derive: (v) => derivePod(v) },
);

export interface Pod extends Infer<typeof Pod>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const PodTemplateSpec = struct(
  "io.k8s.api.core.v1.PodTemplateSpec",
  {
    metadata: ref(ObjectMeta, { tag: 1 }),
    spec: ref(PodSpec, { tag: 2 }),
  },
  { derive: (v) => derivePodTemplate(v), check: (v, path) => checkPodTemplate(v, path) },
);

export interface PodTemplateSpec extends Infer<typeof PodTemplateSpec> {}

export const Pods = defineResource<Pod>({
  group: "",
  version: "v1",
  kind: "Pod",
  plural: "pods",
  scope: "Namespaced",
  schema: Pod,
  shortNames: ["po"],
  categories: ["all"],
  subresources: ["status", "binding", "eviction", "log", "exec", "attach", "portforward", "proxy"],
  columns: podColumns,
  selectableFields: {
    "spec.nodeName": ({ spec }) => spec.nodeName ?? "",
    "spec.restartPolicy": ({ spec }) => spec.restartPolicy ?? "",
    "spec.schedulerName": ({ spec }) => spec.schedulerName ?? "",
    "spec.serviceAccountName": ({ spec }) => spec.serviceAccountName ?? "",
    "spec.hostNetwork": ({ spec }) => String(spec.hostNetwork ?? false),
    "status.phase": ({ status }) => status?.phase ?? "",
    "status.podIP": ({ status }) => status?.podIPs?.[0]?.ip ?? status?.podIP ?? "",
    "status.nominatedNodeName": ({ status }) => status?.nominatedNodeName ?? "",
  },
  rules: podRules,
});
