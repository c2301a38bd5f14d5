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
    volumes: list(Volume, {
      tag: 1,
      description: "Storage that the containers can mount.",
      patch: "merge,retainKeys",
      mergeKey: "name",
      listType: "map",
      keys: ["name"],
    }),
    initContainers: list(Container, {
      tag: 20,
      description: "Containers that run one after the other, each to its end, before the others start.",
      patch: "merge",
      mergeKey: "name",
      listType: "map",
      keys: ["name"],
    }),
    containers: list(Container, {
      tag: 2,
      description: "The containers that make up the pod. There must be one at least, and the list cannot change later.",
      required: true,
      patch: "merge",
      mergeKey: "name",
      listType: "map",
      keys: ["name"],
    }),
    ephemeralContainers: list(EphemeralContainer, {
      tag: 34,
      description:
        "Containers added to a running pod to look into it; only through the subresource ephemeralcontainers.",
      patch: "merge",
      mergeKey: "name",
      listType: "map",
      keys: ["name"],
    }),
    restartPolicy: enumOf(["Always", "OnFailure", "Never"], {
      tag: 3,
      description: "When a container that ended is started again: Always, OnFailure or Never.",
    }),
    terminationGracePeriodSeconds: long({
      tag: 4,
      description: "Seconds between the wish to stop and the kill. 0 kills at once; 30 by default.",
    }),
    activeDeadlineSeconds: long({
      tag: 5,
      description: "Seconds after which the pod is stopped and marked as failed.",
    }),
    dnsPolicy: enumOf(["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"], {
      tag: 6,
      description:
        "Where the pod resolves names: ClusterFirst, ClusterFirstWithHostNet, Default (as its node) or None (by dnsConfig).",
    }),
    nodeSelector: map(string(), { tag: 7, description: "Labels that a node must have to take the pod.", atomic: true }),
    serviceAccountName: string({ tag: 8, description: "The account in whose name the pod talks to the API." }),
    serviceAccount: string({ tag: 9, description: "Old name of serviceAccountName." }),
    automountServiceAccountToken: bool({
      tag: 21,
      description: "Whether a token of the account is mounted into the containers.",
    }),
    nodeName: string({ tag: 10, description: "The node that runs the pod; the scheduler sets it." }),
    hostNetwork: bool({ tag: 11, omitZero: true, description: "Use the node's network instead of one of its own." }),
    hostPID: bool({ tag: 12, omitZero: true, description: "See the processes of the node." }),
    hostIPC: bool({ tag: 13, omitZero: true, description: "Share the inter-process communication of the node." }),
    shareProcessNamespace: bool({ tag: 27, description: "Let the containers see each other's processes." }),
    securityContext: ref(PodSecurityContext, {
      tag: 14,
      description: "Users, groups and privileges for all containers, unless a container says otherwise.",
    }),
    imagePullSecrets: list(LocalObjectReference, {
      tag: 15,
      description: "Secrets that open the registries of the images.",
      patch: "merge",
      mergeKey: "name",
      listType: "map",
      keys: ["name"],
    }),
    hostname: string({ tag: 16, description: "Name of the host inside the pod, instead of the pod's name." }),
    subdomain: string({
      tag: 17,
      description: "Makes the pod's full name hostname.subdomain.namespace.svc and the cluster's domain.",
    }),
    affinity: ref(Affinity, {
      tag: 18,
      description: "Rules about the nodes to run on and the pods to be near to or away from.",
    }),
    schedulerName: string({ tag: 19, description: "The scheduler that shall find a node." }),
    tolerations: list(Toleration, { tag: 22, description: "Taints of nodes that the pod puts up with." }),
    hostAliases: list(HostAlias, {
      tag: 23,
      description: "Lines added to the pod's hosts file.",
      patch: "merge",
      mergeKey: "ip",
      listType: "map",
      keys: ["ip"],
    }),
    priorityClassName: string({ tag: 24, description: "Name of the class that says how important the pod is." }),
    priority: int({
      tag: 25,
      description: "How important the pod is: a greater number comes first. Follows from the class.",
    }),
    dnsConfig: ref(PodDNSConfig, {
      tag: 26,
      description: "Settings of name resolution, merged with those of dnsPolicy.",
    }),
    readinessGates: list(PodReadinessGate, {
      tag: 28,
      description: "Conditions that must hold, besides ready containers, for the pod to be ready.",
    }),
    runtimeClassName: string({ tag: 29, description: "The kind of container runtime to run in." }),
    enableServiceLinks: bool({
      tag: 30,
      description: "Whether services of the namespace appear in environment variables.",
    }),
    preemptionPolicy: enumOf(["PreemptLowerPriority", "Never"], {
      tag: 31,
      description: "Whether less important pods may be removed to make room: PreemptLowerPriority or Never.",
    }),
    overhead: map(quantity(), {
      tag: 32,
      description: "What running the pod takes besides its containers; follows from the runtime class.",
    }),
    topologySpreadConstraints: list(TopologySpreadConstraint, {
      tag: 33,
      description: "How evenly pods of a kind must be spread over zones, nodes and the like.",
      patch: "merge",
      mergeKey: "topologyKey",
      listType: "map",
      keys: ["topologyKey", "whenUnsatisfiable"],
    }),
    setHostnameAsFQDN: bool({ tag: 35, description: "Use the full domain name as host name." }),
    os: ref(PodOS, { tag: 36, description: "The operating system that the containers are made for." }),
    hostUsers: bool({ tag: 37, description: "Use the node's user ids; false maps them to unprivileged ones." }),
    schedulingGates: list(PodSchedulingGate, {
      tag: 38,
      description: "As long as one is left, no scheduler looks at the pod.",
      patch: "merge",
      mergeKey: "name",
      listType: "map",
      keys: ["name"],
    }),
    resourceClaims: list(PodResourceClaim, {
      tag: 39,
      description: "Devices that must be there before the pod starts.",
      patch: "merge,retainKeys",
      mergeKey: "name",
      listType: "map",
      keys: ["name"],
    }),
    resources: ref(ResourceRequirements, { tag: 40, description: "CPU and memory for the pod as a whole." }),
    hostnameOverride: string({ tag: 41, description: "The host name as it is, whatever the other fields say." }),
    schedulingGroup: ref(PodSchedulingGroup, {
      tag: 43,
      description: "The group of pods that is scheduled together with this one.",
    }),
  },
  {
    description: "What a pod should run, where and how.",
    derive: (v) => derivePodSpec(v),
    check: (v, path) => checkPodSpec(v, path),
  },
);

export interface PodSpec extends Infer<typeof PodSpec> {}

export const Pod = kubeObject(
  "io.k8s.api.core.v1.Pod",
  {
    spec: ref(PodSpec, { tag: 2, description: "What should run.", default: {} }),
    status: ref(PodStatus, { tag: 3, description: "What was last seen to run; the server and the node write it." }),
  },
  {
    description: "A group of containers that run together on one node and share its network and volumes.",
    derive: (v) => derivePod(v),
  },
);

export interface Pod extends Infer<typeof Pod>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const PodTemplateSpec = struct(
  "io.k8s.api.core.v1.PodTemplateSpec",
  {
    metadata: ref(ObjectMeta, { tag: 1, description: "Labels and annotations of the pods." }),
    spec: ref(PodSpec, { tag: 2, description: "What the pods should run." }),
  },
  {
    description: "What pods that are made from it look like.",
    derive: (v) => derivePodTemplate(v),
    check: (v, path) => checkPodTemplate(v, path),
  },
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
