/**
 * What we speak of CRI `runtime.v1` and of containerd's event service: field number and type of each field we use. Fields
 * that a runtime sends beyond these are skipped on reading.
 */
export const messages = {
  VersionRequest: { version: [1, "string"] },
  VersionResponse: {
    version: [1, "string"],
    runtime_name: [2, "string"],
    runtime_version: [3, "string"],
    runtime_api_version: [4, "string"],
  },
  StatusRequest: { verbose: [1, "bool"] },
  StatusResponse: { status: [1, "RuntimeStatus"] },
  RuntimeStatus: { conditions: [1, "repeated RuntimeCondition"] },
  RuntimeCondition: { type: [1, "string"], status: [2, "bool"], reason: [3, "string"], message: [4, "string"] },

  DNSConfig: { servers: [1, "repeated string"], searches: [2, "repeated string"], options: [3, "repeated string"] },
  PortMapping: {
    protocol: [1, "Protocol"],
    container_port: [2, "int32"],
    host_port: [3, "int32"],
    host_ip: [4, "string"],
  },
  Int64Value: { value: [1, "int64"] },
  UInt64Value: { value: [1, "uint64"] },
  SecurityProfile: { profile_type: [1, "ProfileType"], localhost_ref: [2, "string"] },
  NamespaceOption: { network: [1, "NamespaceMode"], pid: [2, "NamespaceMode"], ipc: [3, "NamespaceMode"] },
  PodSandboxMetadata: { name: [1, "string"], uid: [2, "string"], namespace: [3, "string"], attempt: [4, "uint32"] },
  LinuxSandboxSecurityContext: {
    namespace_options: [1, "NamespaceOption"],
    run_as_user: [3, "Int64Value"],
    readonly_rootfs: [4, "bool"],
    supplemental_groups: [5, "repeated int64"],
    privileged: [6, "bool"],
    run_as_group: [8, "Int64Value"],
    seccomp: [9, "SecurityProfile"],
  },
  LinuxPodSandboxConfig: {
    cgroup_parent: [1, "string"],
    security_context: [2, "LinuxSandboxSecurityContext"],
    sysctls: [3, "map<string,string>"],
  },
  PodSandboxConfig: {
    metadata: [1, "PodSandboxMetadata"],
    hostname: [2, "string"],
    log_directory: [3, "string"],
    dns_config: [4, "DNSConfig"],
    port_mappings: [5, "repeated PortMapping"],
    labels: [6, "map<string,string>"],
    annotations: [7, "map<string,string>"],
    linux: [8, "LinuxPodSandboxConfig"],
  },
  RunPodSandboxRequest: { config: [1, "PodSandboxConfig"], runtime_handler: [2, "string"] },
  RunPodSandboxResponse: { pod_sandbox_id: [1, "string"] },
  PodSandboxFilter: { id: [1, "string"], label_selector: [3, "map<string,string>"] },
  ListPodSandboxRequest: { filter: [1, "PodSandboxFilter"] },
  ListPodSandboxResponse: { items: [1, "repeated PodSandbox"] },
  PodSandbox: {
    id: [1, "string"],
    metadata: [2, "PodSandboxMetadata"],
    state: [3, "PodSandboxState"],
    created_at: [4, "int64"],
    labels: [5, "map<string,string>"],
    annotations: [6, "map<string,string>"],
  },
  PodSandboxStatusRequest: { pod_sandbox_id: [1, "string"] },
  PodSandboxStatusResponse: { status: [1, "PodSandboxStatus"] },
  PodSandboxStatus: {
    id: [1, "string"],
    metadata: [2, "PodSandboxMetadata"],
    state: [3, "PodSandboxState"],
    created_at: [4, "int64"],
    network: [5, "PodSandboxNetworkStatus"],
    labels: [7, "map<string,string>"],
    annotations: [8, "map<string,string>"],
  },
  PodSandboxNetworkStatus: { ip: [1, "string"], additional_ips: [2, "repeated PodIP"] },
  PodIP: { ip: [1, "string"] },
  StopPodSandboxRequest: { pod_sandbox_id: [1, "string"] },
  RemovePodSandboxRequest: { pod_sandbox_id: [1, "string"] },
  Empty: {},

  ContainerMetadata: { name: [1, "string"], attempt: [2, "uint32"] },
  ImageSpec: { image: [1, "string"], annotations: [2, "map<string,string>"], user_specified_image: [18, "string"] },
  KeyValue: { key: [1, "string"], value: [2, "string"] },
  Mount: {
    container_path: [1, "string"],
    host_path: [2, "string"],
    readonly: [3, "bool"],
    propagation: [5, "MountPropagation"],
  },
  Device: { container_path: [1, "string"], host_path: [2, "string"], permissions: [3, "string"] },
  LinuxContainerResources: {
    cpu_period: [1, "int64"],
    cpu_quota: [2, "int64"],
    cpu_shares: [3, "int64"],
    memory_limit_in_bytes: [4, "int64"],
    oom_score_adj: [5, "int64"],
  },
  Capability: { add_capabilities: [1, "repeated string"], drop_capabilities: [2, "repeated string"] },
  LinuxContainerSecurityContext: {
    capabilities: [1, "Capability"],
    privileged: [2, "bool"],
    namespace_options: [3, "NamespaceOption"],
    run_as_user: [5, "Int64Value"],
    run_as_username: [6, "string"],
    readonly_rootfs: [7, "bool"],
    supplemental_groups: [8, "repeated int64"],
    no_new_privs: [11, "bool"],
    run_as_group: [12, "Int64Value"],
    masked_paths: [13, "repeated string"],
    readonly_paths: [14, "repeated string"],
    seccomp: [15, "SecurityProfile"],
  },
  LinuxContainerConfig: {
    resources: [1, "LinuxContainerResources"],
    security_context: [2, "LinuxContainerSecurityContext"],
  },
  ContainerConfig: {
    metadata: [1, "ContainerMetadata"],
    image: [2, "ImageSpec"],
    command: [3, "repeated string"],
    args: [4, "repeated string"],
    working_dir: [5, "string"],
    envs: [6, "repeated KeyValue"],
    mounts: [7, "repeated Mount"],
    devices: [8, "repeated Device"],
    labels: [9, "map<string,string>"],
    annotations: [10, "map<string,string>"],
    log_path: [11, "string"],
    stdin: [12, "bool"],
    stdin_once: [13, "bool"],
    tty: [14, "bool"],
    linux: [15, "LinuxContainerConfig"],
  },
  CreateContainerRequest: {
    pod_sandbox_id: [1, "string"],
    config: [2, "ContainerConfig"],
    sandbox_config: [3, "PodSandboxConfig"],
  },
  CreateContainerResponse: { container_id: [1, "string"] },
  StartContainerRequest: { container_id: [1, "string"] },
  StopContainerRequest: { container_id: [1, "string"], timeout: [2, "int64"] },
  RemoveContainerRequest: { container_id: [1, "string"] },
  ReopenContainerLogRequest: { container_id: [1, "string"] },
  UpdateContainerResourcesRequest: { container_id: [1, "string"], linux: [2, "LinuxContainerResources"] },
  ContainerFilter: { id: [1, "string"], pod_sandbox_id: [3, "string"], label_selector: [4, "map<string,string>"] },
  ListContainersRequest: { filter: [1, "ContainerFilter"] },
  ListContainersResponse: { containers: [1, "repeated Container"] },
  Container: {
    id: [1, "string"],
    pod_sandbox_id: [2, "string"],
    metadata: [3, "ContainerMetadata"],
    state: [6, "ContainerState"],
    created_at: [7, "int64"],
    labels: [8, "map<string,string>"],
  },
  ContainerStatusRequest: { container_id: [1, "string"] },
  ContainerStatusResponse: { status: [1, "ContainerStatus"] },
  ContainerStatus: {
    id: [1, "string"],
    metadata: [2, "ContainerMetadata"],
    state: [3, "ContainerState"],
    created_at: [4, "int64"],
    started_at: [5, "int64"],
    finished_at: [6, "int64"],
    exit_code: [7, "int32"],
    image: [8, "ImageSpec"],
    image_ref: [9, "string"],
    reason: [10, "string"],
    message: [11, "string"],
    labels: [12, "map<string,string>"],
    annotations: [13, "map<string,string>"],
    log_path: [15, "string"],
  },

  ExecSyncRequest: { container_id: [1, "string"], cmd: [2, "repeated string"], timeout: [3, "int64"] },
  ExecSyncResponse: { stdout: [1, "bytes"], stderr: [2, "bytes"], exit_code: [3, "int32"] },
  ExecRequest: {
    container_id: [1, "string"],
    cmd: [2, "repeated string"],
    tty: [3, "bool"],
    stdin: [4, "bool"],
    stdout: [5, "bool"],
    stderr: [6, "bool"],
  },
  AttachRequest: {
    container_id: [1, "string"],
    stdin: [2, "bool"],
    tty: [3, "bool"],
    stdout: [4, "bool"],
    stderr: [5, "bool"],
  },
  PortForwardRequest: { pod_sandbox_id: [1, "string"], port: [2, "repeated int32"] },
  StreamingResponse: { url: [1, "string"] },

  AuthConfig: {
    username: [1, "string"],
    password: [2, "string"],
    server_address: [4, "string"],
    identity_token: [5, "string"],
  },
  PullImageRequest: { image: [1, "ImageSpec"], auth: [2, "AuthConfig"] },
  PullImageResponse: { image_ref: [1, "string"] },
  ImageStatusRequest: { image: [1, "ImageSpec"] },
  ImageStatusResponse: { image: [1, "Image"] },
  ListImagesRequest: {},
  ListImagesResponse: { images: [1, "repeated Image"] },
  RemoveImageRequest: { image: [1, "ImageSpec"] },
  Image: {
    id: [1, "string"],
    repo_tags: [2, "repeated string"],
    repo_digests: [3, "repeated string"],
    size: [4, "uint64"],
    uid: [5, "Int64Value"],
    username: [6, "string"],
  },
  ImageFsInfoResponse: { image_filesystems: [1, "repeated FilesystemUsage"] },
  FilesystemIdentifier: { mountpoint: [1, "string"] },
  FilesystemUsage: {
    timestamp: [1, "int64"],
    fs_id: [2, "FilesystemIdentifier"],
    used_bytes: [3, "UInt64Value"],
    inodes_used: [4, "UInt64Value"],
  },

  ListContainerStatsRequest: { filter: [1, "ContainerFilter"] },
  ListContainerStatsResponse: { stats: [1, "repeated ContainerStats"] },
  ContainerStats: { attributes: [1, "ContainerAttributes"], cpu: [2, "CpuUsage"], memory: [3, "MemoryUsage"] },
  ContainerAttributes: { id: [1, "string"], metadata: [2, "ContainerMetadata"], labels: [3, "map<string,string>"] },
  CpuUsage: { timestamp: [1, "int64"], usage_core_nano_seconds: [2, "UInt64Value"] },
  MemoryUsage: { timestamp: [1, "int64"], working_set_bytes: [2, "UInt64Value"] },

  ContainerEventResponse: {
    container_id: [1, "string"],
    container_event_type: [2, "ContainerEventType"],
    created_at: [3, "int64"],
    pod_sandbox_status: [4, "PodSandboxStatus"],
  },

  SubscribeRequest: { filters: [1, "repeated string"] },
  Envelope: { namespace: [2, "string"], topic: [3, "string"], event: [4, "Any"] },
  Any: { type_url: [1, "string"], value: [2, "bytes"] },
  TaskStart: { container_id: [1, "string"], pid: [2, "uint32"] },
  TaskExit: { container_id: [1, "string"], id: [2, "string"], exit_status: [4, "uint32"] },
  TaskOOM: { container_id: [1, "string"] },
  ContainerDelete: { id: [1, "string"] },
} as const;

/** Names in the order of their numbers, which start at 0. */
export const enums = {
  Protocol: ["TCP", "UDP", "SCTP"],
  MountPropagation: ["PROPAGATION_PRIVATE", "PROPAGATION_HOST_TO_CONTAINER", "PROPAGATION_BIDIRECTIONAL"],
  NamespaceMode: ["POD", "CONTAINER", "NODE", "TARGET"],
  ProfileType: ["RuntimeDefault", "Unconfined", "Localhost"],
  PodSandboxState: ["SANDBOX_READY", "SANDBOX_NOTREADY"],
  ContainerState: ["CONTAINER_CREATED", "CONTAINER_RUNNING", "CONTAINER_EXITED", "CONTAINER_UNKNOWN"],
  ContainerEventType: [
    "CONTAINER_CREATED_EVENT",
    "CONTAINER_STARTED_EVENT",
    "CONTAINER_STOPPED_EVENT",
    "CONTAINER_DELETED_EVENT",
  ],
} as const;

type Messages = typeof messages;
type Enums = typeof enums;
export type MessageName = keyof Messages;

interface Scalars {
  string: string;
  bytes: Buffer;
  bool: boolean;
  int32: number;
  uint32: number;
  int64: number;
  uint64: number;
  "map<string,string>": Readonly<Record<string, string>>;
}

type Value<T, M> = T extends `repeated ${infer U}`
  ? readonly Value<U, M>[]
  : T extends keyof Scalars
    ? Scalars[T]
    : T extends keyof Enums
      ? Enums[T][number]
      : T extends MessageName
        ? M extends "written"
          ? Written<T>
          : Read<T>
        : never;

type FieldType<F> = F extends readonly [number, infer T] ? T : never;

/** A message to be sent: what is left out has its default. */
export type Written<N extends MessageName> = {
  readonly [F in keyof Messages[N]]?: Value<FieldType<Messages[N][F]>, "written"> | undefined;
};

/** A message that came: everything is there but messages inside it that were not sent. */
export type Read<N extends MessageName> = {
  readonly [F in keyof Messages[N]]: FieldType<Messages[N][F]> extends MessageName
    ? Read<FieldType<Messages[N][F]>> | undefined
    : Value<FieldType<Messages[N][F]>, "read">;
};

/** Methods by name: what is sent and what comes back. */
export const runtimeMethods = {
  Version: ["VersionRequest", "VersionResponse"],
  Status: ["StatusRequest", "StatusResponse"],
  RunPodSandbox: ["RunPodSandboxRequest", "RunPodSandboxResponse"],
  StopPodSandbox: ["StopPodSandboxRequest", "Empty"],
  RemovePodSandbox: ["RemovePodSandboxRequest", "Empty"],
  PodSandboxStatus: ["PodSandboxStatusRequest", "PodSandboxStatusResponse"],
  ListPodSandbox: ["ListPodSandboxRequest", "ListPodSandboxResponse"],
  CreateContainer: ["CreateContainerRequest", "CreateContainerResponse"],
  StartContainer: ["StartContainerRequest", "Empty"],
  StopContainer: ["StopContainerRequest", "Empty"],
  RemoveContainer: ["RemoveContainerRequest", "Empty"],
  ListContainers: ["ListContainersRequest", "ListContainersResponse"],
  ContainerStatus: ["ContainerStatusRequest", "ContainerStatusResponse"],
  ReopenContainerLog: ["ReopenContainerLogRequest", "Empty"],
  UpdateContainerResources: ["UpdateContainerResourcesRequest", "Empty"],
  ExecSync: ["ExecSyncRequest", "ExecSyncResponse"],
  Exec: ["ExecRequest", "StreamingResponse"],
  Attach: ["AttachRequest", "StreamingResponse"],
  PortForward: ["PortForwardRequest", "StreamingResponse"],
  ListContainerStats: ["ListContainerStatsRequest", "ListContainerStatsResponse"],
} as const;

export const imageMethods = {
  ListImages: ["ListImagesRequest", "ListImagesResponse"],
  ImageStatus: ["ImageStatusRequest", "ImageStatusResponse"],
  PullImage: ["PullImageRequest", "PullImageResponse"],
  RemoveImage: ["RemoveImageRequest", "Empty"],
  ImageFsInfo: ["Empty", "ImageFsInfoResponse"],
} as const;

export type Method = readonly [MessageName, MessageName];
