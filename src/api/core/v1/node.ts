import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { bool, enumOf, type Infer, int, list, long, map, quantity, ref, string, struct, time } from "#schema/nodes.ts";
import { nodeColumns } from "./node.columns.ts";
import { deriveNode, deriveNodeStatus } from "./node.defaults.ts";
import { nodeRules } from "./node.rules.ts";
import { Taint } from "./scheduling.ts";

export const ConfigMapNodeConfigSource = struct("io.k8s.api.core.v1.ConfigMapNodeConfigSource", {
  namespace: string({ tag: 1, required: true }),
  name: string({ tag: 2, required: true }),
  uid: string({ tag: 3 }),
  resourceVersion: string({ tag: 4 }),
  kubeletConfigKey: string({ tag: 5, required: true }),
});

export interface ConfigMapNodeConfigSource extends Infer<typeof ConfigMapNodeConfigSource> {}

export const NodeConfigSource = struct("io.k8s.api.core.v1.NodeConfigSource", {
  configMap: ref(ConfigMapNodeConfigSource, { tag: 2 }),
});

export interface NodeConfigSource extends Infer<typeof NodeConfigSource> {}

export const NodeSpec = struct(
  "io.k8s.api.core.v1.NodeSpec",
  {
    podCIDR: string({ tag: 1, description: "Range of its pods' addresses." }),
    podCIDRs: list(string(), {
      tag: 7,
      description: "The same for each family of addresses.",
      patch: "merge",
      listType: "set",
    }),
    providerID: string({ tag: 3, description: "Its id at the provider of the machine." }),
    unschedulable: bool({ tag: 4, omitZero: true, description: "No new pods; set by kubectl cordon." }),
    taints: list(Taint, { tag: 5, description: "Keep away pods that do not tolerate them." }),
    configSource: ref(NodeConfigSource, { tag: 6 }),
    externalID: string({ tag: 2 }),
  },
  { description: "How a node is used." },
);

export interface NodeSpec extends Infer<typeof NodeSpec> {}

export const NodeCondition = struct("io.k8s.api.core.v1.NodeCondition", {
  type: string({ tag: 1, required: true, keepEmpty: true }),
  status: string({ tag: 2, required: true, keepEmpty: true }),
  lastHeartbeatTime: time({ tag: 3 }),
  lastTransitionTime: time({ tag: 4 }),
  reason: string({ tag: 5 }),
  message: string({ tag: 6 }),
});

export interface NodeCondition extends Infer<typeof NodeCondition> {}

export const NodeAddress = struct("io.k8s.api.core.v1.NodeAddress", {
  type: string({ tag: 1, required: true, keepEmpty: true }),
  address: string({ tag: 2, required: true, keepEmpty: true }),
});

export interface NodeAddress extends Infer<typeof NodeAddress> {}

export const DaemonEndpoint = struct("io.k8s.api.core.v1.DaemonEndpoint", {
  Port: int({ tag: 1, required: true, keepEmpty: true }),
});

export interface DaemonEndpoint extends Infer<typeof DaemonEndpoint> {}

export const NodeDaemonEndpoints = struct("io.k8s.api.core.v1.NodeDaemonEndpoints", {
  kubeletEndpoint: ref(DaemonEndpoint, { tag: 1 }),
});

export interface NodeDaemonEndpoints extends Infer<typeof NodeDaemonEndpoints> {}

export const NodeSwapStatus = struct("io.k8s.api.core.v1.NodeSwapStatus", {
  capacity: long({ tag: 1 }),
});

export interface NodeSwapStatus extends Infer<typeof NodeSwapStatus> {}

export const NodeSystemInfo = struct("io.k8s.api.core.v1.NodeSystemInfo", {
  machineID: string({ tag: 1, required: true, keepEmpty: true }),
  systemUUID: string({ tag: 2, required: true, keepEmpty: true }),
  bootID: string({ tag: 3, required: true, keepEmpty: true }),
  kernelVersion: string({ tag: 4, required: true, keepEmpty: true }),
  osImage: string({ tag: 5, required: true, keepEmpty: true }),
  containerRuntimeVersion: string({ tag: 6, required: true, keepEmpty: true }),
  kubeletVersion: string({ tag: 7, required: true, keepEmpty: true }),
  kubeProxyVersion: string({ tag: 8, required: true, keepEmpty: true }),
  operatingSystem: string({ tag: 9, required: true, keepEmpty: true }),
  architecture: string({ tag: 10, required: true, keepEmpty: true }),
  swap: ref(NodeSwapStatus, { tag: 11 }),
});

export interface NodeSystemInfo extends Infer<typeof NodeSystemInfo> {}

export const ContainerImage = struct("io.k8s.api.core.v1.ContainerImage", {
  names: list(string(), { tag: 1 }),
  sizeBytes: long({ tag: 2, omitZero: true }),
});

export interface ContainerImage extends Infer<typeof ContainerImage> {}

export const AttachedVolume = struct("io.k8s.api.core.v1.AttachedVolume", {
  name: string({ tag: 1, required: true, keepEmpty: true }),
  devicePath: string({ tag: 2, required: true, keepEmpty: true }),
});

export interface AttachedVolume extends Infer<typeof AttachedVolume> {}

export const NodeConfigStatus = struct("io.k8s.api.core.v1.NodeConfigStatus", {
  assigned: ref(NodeConfigSource, { tag: 1 }),
  active: ref(NodeConfigSource, { tag: 2 }),
  lastKnownGood: ref(NodeConfigSource, { tag: 3 }),
  error: string({ tag: 4 }),
});

export interface NodeConfigStatus extends Infer<typeof NodeConfigStatus> {}

export const NodeRuntimeHandlerFeatures = struct("io.k8s.api.core.v1.NodeRuntimeHandlerFeatures", {
  recursiveReadOnlyMounts: bool({ tag: 1 }),
  userNamespaces: bool({ tag: 2 }),
});

export interface NodeRuntimeHandlerFeatures extends Infer<typeof NodeRuntimeHandlerFeatures> {}

export const NodeRuntimeHandler = struct("io.k8s.api.core.v1.NodeRuntimeHandler", {
  name: string({ tag: 1 }),
  features: ref(NodeRuntimeHandlerFeatures, { tag: 2 }),
});

export interface NodeRuntimeHandler extends Infer<typeof NodeRuntimeHandler> {}

export const NodeFeatures = struct("io.k8s.api.core.v1.NodeFeatures", {
  supplementalGroupsPolicy: bool({ tag: 1 }),
});

export interface NodeFeatures extends Infer<typeof NodeFeatures> {}

export const NodeStatus = struct(
  "io.k8s.api.core.v1.NodeStatus",
  {
    capacity: map(quantity(), { tag: 1, description: "All it has." }),
    allocatable: map(quantity(), { tag: 2, description: "What of it pods can use." }),
    phase: enumOf(["Pending", "Running", "Terminated"], { tag: 3 }),
    conditions: list(NodeCondition, {
      tag: 4,
      description: "What holds for it now, as Ready or MemoryPressure.",
      patch: "merge",
      mergeKey: "type",
      listType: "map",
      keys: ["type"],
    }),
    addresses: list(NodeAddress, {
      tag: 5,
      description: "How it is reached.",
      patch: "merge",
      mergeKey: "type",
      listType: "map",
      keys: ["type"],
    }),
    daemonEndpoints: ref(NodeDaemonEndpoints, { tag: 6, description: "Ports of its agents." }),
    nodeInfo: ref(NodeSystemInfo, { tag: 7, description: "Versions and ids of the machine." }),
    images: list(ContainerImage, { tag: 8, description: "Images that it has." }),
    volumesInUse: list(string(), { tag: 9, description: "Volumes that are mounted." }),
    volumesAttached: list(AttachedVolume, { tag: 10, description: "Volumes that are attached." }),
    config: ref(NodeConfigStatus, { tag: 11 }),
    runtimeHandlers: list(NodeRuntimeHandler, { tag: 12 }),
    features: ref(NodeFeatures, { tag: 13 }),
    declaredFeatures: list(string(), { tag: 14 }),
  },
  { description: "What a node says about itself.", derive: (v) => deriveNodeStatus(v) },
);

export interface NodeStatus extends Infer<typeof NodeStatus> {}

export const Node = kubeObject(
  "io.k8s.api.core.v1.Node",
  {
    spec: ref(NodeSpec, { tag: 2, description: "How the machine is used.", default: {} }),
    status: ref(NodeStatus, { tag: 3, description: "What the machine says about itself." }),
  },
  { description: "A machine that runs pods.", derive: (v) => deriveNode(v) },
);

export interface Node extends Infer<typeof Node>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const Nodes = defineResource<Node>({
  group: "",
  version: "v1",
  kind: "Node",
  plural: "nodes",
  scope: "Cluster",
  schema: Node,
  shortNames: ["no"],
  subresources: ["status", "proxy"],
  specFields: [],
  columns: nodeColumns,
  selectableFields: { "spec.unschedulable": ({ spec }) => String(spec.unschedulable ?? false) },
  rules: nodeRules,
});
