import { bool, enumOf, type Infer, int, list, long, map, quantity, ref, string, struct, time } from "#schema/nodes.ts";
import { ResourceRequirements } from "./resources.ts";
import { signals } from "./signals.ts";

export const PodCondition = struct(
  "io.k8s.api.core.v1.PodCondition",
  {
    type: string({ tag: 1, description: "What it is about, as Ready.", required: true, keepEmpty: true }),
    observedGeneration: long({ tag: 7, omitZero: true }),
    status: string({ tag: 2, description: "True, False or Unknown.", required: true, keepEmpty: true }),
    lastProbeTime: time({ tag: 3, description: "When it was last looked at." }),
    lastTransitionTime: time({ tag: 4, description: "When the status changed." }),
    reason: string({ tag: 5, description: "Why, in one word." }),
    message: string({ tag: 6, description: "Why, for people." }),
  },
  { description: "Something that holds for a pod, or does not." },
);

export interface PodCondition extends Infer<typeof PodCondition> {}

export const HostIP = struct("io.k8s.api.core.v1.HostIP", {
  ip: string({ tag: 1, required: true, keepEmpty: true }),
});

export interface HostIP extends Infer<typeof HostIP> {}

export const PodIP = struct("io.k8s.api.core.v1.PodIP", {
  ip: string({ tag: 1, required: true, keepEmpty: true }),
});

export interface PodIP extends Infer<typeof PodIP> {}

export const ContainerStateWaiting = struct("io.k8s.api.core.v1.ContainerStateWaiting", {
  reason: string({ tag: 1 }),
  message: string({ tag: 2 }),
});

export interface ContainerStateWaiting extends Infer<typeof ContainerStateWaiting> {}

export const ContainerStateRunning = struct("io.k8s.api.core.v1.ContainerStateRunning", {
  startedAt: time({ tag: 1 }),
});

export interface ContainerStateRunning extends Infer<typeof ContainerStateRunning> {}

export const ContainerStateTerminated = struct("io.k8s.api.core.v1.ContainerStateTerminated", {
  exitCode: int({ tag: 1, required: true, keepEmpty: true }),
  signal: int({ tag: 2, omitZero: true }),
  reason: string({ tag: 3 }),
  message: string({ tag: 4 }),
  startedAt: time({ tag: 5 }),
  finishedAt: time({ tag: 6 }),
  containerID: string({ tag: 7 }),
});

export interface ContainerStateTerminated extends Infer<typeof ContainerStateTerminated> {}

export const ContainerState = struct(
  "io.k8s.api.core.v1.ContainerState",
  {
    waiting: ref(ContainerStateWaiting, { tag: 1, description: "Not started yet." }),
    running: ref(ContainerStateRunning, { tag: 2, description: "Running." }),
    terminated: ref(ContainerStateTerminated, { tag: 3, description: "Ended." }),
  },
  { description: "Exactly one of three." },
);

export interface ContainerState extends Infer<typeof ContainerState> {}

export const ImageVolumeStatus = struct("io.k8s.api.core.v1.ImageVolumeStatus", {
  imageRef: string({ tag: 1, required: true, keepEmpty: true }),
});

export interface ImageVolumeStatus extends Infer<typeof ImageVolumeStatus> {}

export const VolumeStatus = struct("io.k8s.api.core.v1.VolumeStatus", {
  image: ref(ImageVolumeStatus, { tag: 1 }),
});

export interface VolumeStatus extends Infer<typeof VolumeStatus> {}

export const VolumeMountStatus = struct("io.k8s.api.core.v1.VolumeMountStatus", {
  name: string({ tag: 1, required: true, keepEmpty: true }),
  mountPath: string({ tag: 2, required: true, keepEmpty: true }),
  readOnly: bool({ tag: 3, omitZero: true }),
  recursiveReadOnly: string({ tag: 4 }),
  volumeStatus: ref(VolumeStatus, { tag: 5 }),
});

export interface VolumeMountStatus extends Infer<typeof VolumeMountStatus> {}

export const LinuxContainerUser = struct("io.k8s.api.core.v1.LinuxContainerUser", {
  uid: long({ tag: 1, required: true, keepEmpty: true }),
  gid: long({ tag: 2, required: true, keepEmpty: true }),
  supplementalGroups: list(long(), { tag: 3 }),
});

export interface LinuxContainerUser extends Infer<typeof LinuxContainerUser> {}

export const ContainerUser = struct("io.k8s.api.core.v1.ContainerUser", {
  linux: ref(LinuxContainerUser, { tag: 1 }),
});

export interface ContainerUser extends Infer<typeof ContainerUser> {}

export const ResourceHealth = struct("io.k8s.api.core.v1.ResourceHealth", {
  resourceID: string({ tag: 1, required: true, keepEmpty: true }),
  health: string({ tag: 2 }),
  message: string({ tag: 6 }),
});

export interface ResourceHealth extends Infer<typeof ResourceHealth> {}

export const ResourceStatus = struct("io.k8s.api.core.v1.ResourceStatus", {
  name: string({ tag: 1, required: true, keepEmpty: true }),
  resources: list(ResourceHealth, { tag: 2, listType: "map", keys: ["resourceID"] }),
});

export interface ResourceStatus extends Infer<typeof ResourceStatus> {}

export const ContainerStatus = struct(
  "io.k8s.api.core.v1.ContainerStatus",
  {
    name: string({ tag: 1, required: true, keepEmpty: true }),
    state: ref(ContainerState, { tag: 2, description: "Waiting, running or terminated." }),
    lastState: ref(ContainerState, { tag: 3, description: "How it ended the last time." }),
    ready: bool({ tag: 4, description: "Whether it passes its readiness probe.", required: true, keepEmpty: true }),
    restartCount: int({ tag: 5, description: "How often it was restarted.", required: true, keepEmpty: true }),
    image: string({ tag: 6, description: "The image it runs.", required: true, keepEmpty: true }),
    imageID: string({ tag: 7, description: "The exact image, by digest.", required: true, keepEmpty: true }),
    containerID: string({ tag: 8, description: "Its id, as runtime://id." }),
    started: bool({ tag: 9, description: "Whether it passed its startup probe." }),
    allocatedResources: map(quantity(), { tag: 10 }),
    resources: ref(ResourceRequirements, { tag: 11 }),
    volumeMounts: list(VolumeMountStatus, {
      tag: 12,
      patch: "merge",
      mergeKey: "mountPath",
      listType: "map",
      keys: ["mountPath"],
    }),
    user: ref(ContainerUser, { tag: 13 }),
    allocatedResourcesStatus: list(ResourceStatus, {
      tag: 14,
      patch: "merge",
      mergeKey: "name",
      listType: "map",
      keys: ["name"],
    }),
    stopSignal: enumOf(signals, { tag: 15 }),
  },
  { description: "State of a container." },
);

export interface ContainerStatus extends Infer<typeof ContainerStatus> {}

export const PodResourceClaimStatus = struct("io.k8s.api.core.v1.PodResourceClaimStatus", {
  name: string({ tag: 1, required: true, keepEmpty: true }),
  resourceClaimName: string({ tag: 2 }),
});

export interface PodResourceClaimStatus extends Infer<typeof PodResourceClaimStatus> {}

export const ContainerExtendedResourceRequest = struct("io.k8s.api.core.v1.ContainerExtendedResourceRequest", {
  containerName: string({ tag: 1, required: true, keepEmpty: true }),
  resourceName: string({ tag: 2, required: true, keepEmpty: true }),
  requestName: string({ tag: 3, required: true, keepEmpty: true }),
});

export interface ContainerExtendedResourceRequest extends Infer<typeof ContainerExtendedResourceRequest> {}

export const PodExtendedResourceClaimStatus = struct("io.k8s.api.core.v1.PodExtendedResourceClaimStatus", {
  requestMappings: list(ContainerExtendedResourceRequest, { tag: 1, required: true, keepEmpty: true }),
  resourceClaimName: string({ tag: 2, required: true, keepEmpty: true }),
});

export interface PodExtendedResourceClaimStatus extends Infer<typeof PodExtendedResourceClaimStatus> {}

export const NodeAllocatableResourceClaimStatus = struct("io.k8s.api.core.v1.NodeAllocatableResourceClaimStatus", {
  resourceClaimName: string({ tag: 1, required: true, keepEmpty: true }),
  containers: list(string(), { tag: 2, listType: "set" }),
  resources: map(quantity(), { tag: 3, required: true, keepEmpty: true }),
});

export interface NodeAllocatableResourceClaimStatus extends Infer<typeof NodeAllocatableResourceClaimStatus> {}

export const PodStatus = struct(
  "io.k8s.api.core.v1.PodStatus",
  {
    observedGeneration: long({
      tag: 17,
      omitZero: true,
      description: "The generation of the pod that this status is about.",
    }),
    phase: enumOf(["Pending", "Running", "Succeeded", "Failed", "Unknown"], {
      tag: 1,
      description: "Pending, Running, Succeeded, Failed or Unknown: where it is in its life.",
    }),
    conditions: list(PodCondition, {
      tag: 2,
      description: "What holds for the pod now, each with the time of its last change.",
      patch: "merge",
      mergeKey: "type",
      listType: "map",
      keys: ["type"],
    }),
    message: string({ tag: 3, description: "Why the pod is in this state, for people." }),
    reason: string({ tag: 4, description: "The same in one word." }),
    nominatedNodeName: string({ tag: 11, description: "Node on which room is being made." }),
    hostIP: string({ tag: 5, description: "Address of the node." }),
    hostIPs: list(HostIP, { tag: 16, description: "Addresses of the node.", patch: "merge", mergeKey: "ip" }),
    podIP: string({ tag: 6, description: "Address of the pod." }),
    podIPs: list(PodIP, {
      tag: 12,
      description: "Addresses of the pod, one of each family.",
      patch: "merge",
      mergeKey: "ip",
      listType: "map",
      keys: ["ip"],
    }),
    startTime: time({ tag: 7, description: "When the node accepted the pod." }),
    initContainerStatuses: list(ContainerStatus, { tag: 10, description: "State of each init container." }),
    containerStatuses: list(ContainerStatus, { tag: 8, description: "State of each container." }),
    qosClass: enumOf(["Guaranteed", "Burstable", "BestEffort"], {
      tag: 9,
      description: "Guaranteed, Burstable or BestEffort: who goes first when memory runs out.",
    }),
    ephemeralContainerStatuses: list(ContainerStatus, { tag: 13 }),
    resize: string({ tag: 14 }),
    resourceClaimStatuses: list(PodResourceClaimStatus, {
      tag: 15,
      patch: "merge,retainKeys",
      mergeKey: "name",
      listType: "map",
      keys: ["name"],
    }),
    extendedResourceClaimStatus: ref(PodExtendedResourceClaimStatus, { tag: 18 }),
    allocatedResources: map(quantity(), { tag: 19 }),
    resources: ref(ResourceRequirements, { tag: 20 }),
    nodeAllocatableResourceClaimStatuses: list(NodeAllocatableResourceClaimStatus, { tag: 21 }),
  },
  { description: "What was last seen of a pod." },
);

export interface PodStatus extends Infer<typeof PodStatus> {}
