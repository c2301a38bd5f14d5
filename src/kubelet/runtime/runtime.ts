import type { Duplex, Readable, Writable } from "node:stream";

/** What runs the containers. The kubelet decides, the runtime obeys; the truth about what runs is `list()`. */
export interface Runtime {
  readonly name: string;
  version(): Promise<RuntimeVersion>;
  /** Whether the runtime and its network can take pods now. */
  status(): Promise<{ readonly runtimeReady: Condition; readonly networkReady: Condition }>;

  /** All sandboxes that carry our labels, with all their containers, dead ones included. */
  list(): Promise<readonly Sandbox[]>;
  /** Creates and starts the sandbox, network included; resolves with its id. */
  runSandbox(config: SandboxConfig): Promise<string>;
  /** The sandbox with its containers as they are now; `undefined` when it is gone. */
  sandbox(id: string): Promise<Sandbox | undefined>;
  /** Kills what is left in it and takes its network away. No error when it is stopped or gone. */
  stopSandbox(id: string): Promise<void>;
  removeSandbox(id: string): Promise<void>;

  createContainer(sandboxId: string, config: ContainerConfig, sandbox: SandboxConfig): Promise<string>;
  startContainer(id: string): Promise<void>;
  /** SIGTERM (or the image's stop signal), then SIGKILL after `graceSeconds`. Resolves when it has exited. */
  stopContainer(id: string, graceSeconds: number): Promise<void>;
  removeContainer(id: string): Promise<void>;
  updateResources(id: string, resources: LinuxResources): Promise<void>;
  /** Makes a running container's log go on in a new file of the same name, after the old one was renamed. */
  reopenLog(id: string): Promise<void>;

  /** Runs a command to its end; `timeoutMs` kills it and rejects. */
  execSync(id: string, command: readonly string[], timeoutMs?: number): Promise<ExecResult>;
  exec(id: string, command: readonly string[], options: StreamOptions): Promise<StreamSession>;
  attach(id: string, options: StreamOptions): Promise<StreamSession>;
  /** A byte stream to a port inside the sandbox's network. */
  portForward(sandboxId: string, port: number): Promise<Duplex>;

  /** The image when it is on this machine. */
  image(reference: string): Promise<Image | undefined>;
  images(): Promise<readonly Image[]>;
  /** Resolves with the image's id. Throws ImagePullError. */
  pullImage(reference: string, auth?: RegistryAuth): Promise<string>;
  removeImage(reference: string): Promise<void>;

  stats(): Promise<readonly SandboxStats[]>;
  imageFilesystem(): Promise<FilesystemUsage | undefined>;

  /** Hints that something changed in a sandbox; some may be lost, so a slow relist goes on beside it. Ends when the signal aborts. */
  events(signal: AbortSignal): AsyncIterable<RuntimeEvent>;
}

export interface RuntimeVersion {
  /** `containerd`, `cri-o`. */
  readonly name: string;
  readonly version: string;
  readonly apiVersion: string;
}

export interface Condition {
  readonly ok: boolean;
  readonly reason: string;
  readonly message: string;
}

/** The pod that a sandbox or container belongs to, as written into its labels. */
export interface PodIdentity {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
}

export interface Sandbox {
  readonly id: string;
  readonly pod: PodIdentity;
  readonly attempt: number;
  readonly ready: boolean;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** First the primary address; empty while there is none and for pods in the host's network. */
  readonly ips: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly containers: readonly Container[];
}

export interface Container {
  readonly id: string;
  readonly name: string;
  /** 0 for the first, one more for each restart. */
  readonly attempt: number;
  readonly state: "created" | "running" | "exited" | "unknown";
  /** The reference it was made from, and what that resolved to (`name@sha256:…` or an id). */
  readonly image: string;
  readonly imageRef: string;
  readonly createdAt: number;
  readonly startedAt?: number;
  readonly finishedAt?: number;
  readonly exitCode?: number;
  readonly signal?: number;
  /** `Completed`, `Error`, `OOMKilled`, … */
  readonly reason?: string;
  readonly message?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly logPath?: string;
}

export interface SandboxConfig {
  readonly pod: PodIdentity;
  readonly attempt: number;
  readonly hostname: string;
  /** The folder into which each container's log path leads. */
  readonly logDirectory: string;
  readonly dns?: {
    readonly servers: readonly string[];
    readonly searches: readonly string[];
    readonly options: readonly string[];
  };
  readonly portMappings: readonly {
    readonly protocol: "TCP" | "UDP" | "SCTP";
    readonly containerPort: number;
    readonly hostPort: number;
    readonly hostIp: string;
  }[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly cgroupParent: string;
  readonly hostNetwork: boolean;
  readonly hostPid: boolean;
  readonly hostIpc: boolean;
  readonly sharePidNamespace: boolean;
  readonly sysctls: Readonly<Record<string, string>>;
  readonly security: Pick<
    ContainerSecurity,
    "runAsUser" | "runAsGroup" | "supplementalGroups" | "privileged" | "readOnlyRootFilesystem"
  >;
}

export interface ContainerConfig {
  readonly name: string;
  readonly attempt: number;
  /** The id or reference that `image()` or `pullImage()` gave. */
  readonly image: string;
  readonly userSpecifiedImage: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly workingDir: string;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly mounts: readonly Mount[];
  readonly devices: readonly {
    readonly hostPath: string;
    readonly containerPath: string;
    readonly permissions: string;
  }[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Below the sandbox's log directory. */
  readonly logPath: string;
  readonly stdin: boolean;
  readonly stdinOnce: boolean;
  readonly tty: boolean;
  readonly resources: LinuxResources;
  readonly security: ContainerSecurity;
}

export interface Mount {
  readonly hostPath: string;
  readonly containerPath: string;
  readonly readOnly: boolean;
  readonly propagation?: "private" | "hostToContainer" | "bidirectional";
}

/** Cgroup limits; the kubelet has worked them out from requests and limits. */
export interface LinuxResources {
  readonly cpuShares?: number;
  readonly cpuQuotaMicros?: number;
  readonly cpuPeriodMicros?: number;
  readonly memoryLimitBytes?: number;
  readonly oomScoreAdj?: number;
}

export interface ContainerSecurity {
  readonly privileged?: boolean;
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly runAsUserName?: string;
  readonly supplementalGroups?: readonly number[];
  readonly readOnlyRootFilesystem?: boolean;
  readonly noNewPrivileges?: boolean;
  readonly addCapabilities?: readonly string[];
  readonly dropCapabilities?: readonly string[];
}

export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

export interface StreamOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** An exec or attach under way. Streams that were not asked for are missing. Ending `stdin` is the end of input inside. */
export interface StreamSession {
  readonly stdin?: Writable;
  readonly stdout?: Readable;
  readonly stderr?: Readable;
  resize(columns: number, rows: number): void;
  /** Resolves when the command has ended and all output was delivered; an attach always gives 0. */
  readonly exitCode: Promise<number>;
  /** Hangs up; the process inside is left to the runtime. */
  close(): void;
}

export interface Image {
  readonly id: string;
  readonly tags: readonly string[];
  readonly digests: readonly string[];
  readonly sizeBytes: number;
  /** What the image says it runs as. */
  readonly user?: { readonly uid?: number; readonly name?: string };
}

export interface RegistryAuth {
  readonly username?: string;
  readonly password?: string;
  readonly identityToken?: string;
  readonly serverAddress?: string;
}

export interface SandboxStats {
  readonly sandboxId: string;
  readonly pod: PodIdentity;
  readonly containers: readonly {
    readonly name: string;
    readonly at: number;
    readonly cpuNanoseconds: number;
    readonly memoryWorkingSetBytes: number;
  }[];
}

export interface FilesystemUsage {
  readonly mountpoint: string;
  readonly usedBytes: number;
  readonly usedInodes: number;
}

export interface RuntimeEvent {
  readonly type: "created" | "started" | "stopped" | "deleted" | "oom";
  /** Sandbox or container id; the pod when the runtime says so. */
  readonly containerId: string;
  readonly sandboxId?: string;
  readonly podUid?: string;
}

/** A pull that failed; `reason` is what Kubernetes shows as the waiting reason. */
export class ImagePullError extends Error {
  readonly reason: "ErrImagePull" | "InvalidImageName" | "RegistryUnavailable";

  constructor(reason: ImagePullError["reason"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ImagePullError";
    this.reason = reason;
  }
}
