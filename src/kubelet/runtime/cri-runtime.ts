import type { Duplex } from "node:stream";
import { type Clock, systemClock } from "#kit/clock.ts";
import { type Logger, silentLogger } from "#kit/log.ts";
import { containerConfig, resourceConfig, sandboxConfig } from "./cri/configs.ts";
import { events } from "./cri/events.ts";
import type { GrpcChannel } from "./cri/grpc-channel.ts";
import { Inventory } from "./cri/inventory.ts";
import { isNotFound, isUnimplemented, pullError, RpcError } from "./cri/rpc-error.ts";
import { type CriServices, criServices, requestDeadlineMs } from "./cri/services.ts";
import { filesystemOf, imageOf, statsOf } from "./cri/states.ts";
import type {
  Condition,
  ContainerConfig,
  ExecResult,
  FilesystemUsage,
  Image,
  LinuxResources,
  RegistryAuth,
  Runtime,
  RuntimeEvent,
  RuntimeVersion,
  Sandbox,
  SandboxConfig,
  SandboxStats,
  StreamOptions,
  StreamSession,
} from "./runtime.ts";

export interface CriOptions {
  /** Path of the runtime's unix socket. */
  readonly socket: string;
  /** Marks what is ours in a runtime that others use too; without it everything of any pod counts as ours. */
  readonly owner?: string;
  readonly clock?: Clock;
  readonly log?: Logger;
}

const ownerLabel = "io.minik8s.owner";
const pullDeadlineMs = 30 * 60_000;
/** For commands without a time limit of their own. */
const commandDeadlineMs = 24 * 3_600_000;
const probeDeadlineMs = 10_000;

/** containerd or CRI-O over gRPC. Connects on the first call, and again by itself after the runtime was away. */
export async function openCriRuntime(options: CriOptions): Promise<CriRuntime> {
  const { openChannel } = await import("./cri/grpc-channel.ts");
  return new CriRuntime(openChannel(options.socket), options);
}

export class CriRuntime implements Runtime, AsyncDisposable {
  readonly name = "cri";
  readonly #socket: string;
  readonly #channel: GrpcChannel;
  readonly #services: CriServices;
  readonly #inventory: Inventory;
  readonly #owner: Readonly<Record<string, string>>;
  readonly #clock: Clock;
  readonly #log: Logger;

  constructor(channel: GrpcChannel, options: CriOptions) {
    this.#socket = options.socket;
    this.#channel = channel;
    this.#services = criServices(channel);
    this.#owner = options.owner === undefined ? {} : { [ownerLabel]: options.owner };
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log ?? silentLogger;
    this.#inventory = new Inventory(this.#services, this.#owner, this.#clock);
  }

  close(): void {
    this.#channel.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  async version(): Promise<RuntimeVersion> {
    try {
      const answer = await this.#services.runtime("Version", { version: "v1" }, probeDeadlineMs);
      return {
        name: answer.runtime_name,
        version: answer.runtime_version,
        apiVersion: answer.runtime_api_version,
      };
    } catch (error) {
      if (!isUnimplemented(error)) throw error;
      throw new Error(
        `what listens on ${this.#socket} does not serve CRI v1: use containerd 1.6 or newer with its CRI plugin enabled`,
        { cause: error },
      );
    }
  }

  async status(): Promise<{ runtimeReady: Condition; networkReady: Condition }> {
    const { status } = await this.#services.runtime("Status", {}, probeDeadlineMs);
    const condition = (type: string): Condition => {
      const found = status?.conditions.find((candidate) => candidate.type === type);
      if (!found) return { ok: false, reason: "Unknown", message: `the runtime says nothing of ${type}` };
      return { ok: found.status, reason: found.reason, message: found.message };
    };
    return { runtimeReady: condition("RuntimeReady"), networkReady: condition("NetworkReady") };
  }

  list(): Promise<readonly Sandbox[]> {
    return this.#inventory.list();
  }

  sandbox(id: string): Promise<Sandbox | undefined> {
    return this.#inventory.sandbox(id);
  }

  async runSandbox(config: SandboxConfig): Promise<string> {
    const request = { config: sandboxConfig(config, this.#owner) };
    return (await this.#services.runtime("RunPodSandbox", request, 2 * requestDeadlineMs)).pod_sandbox_id;
  }

  async stopSandbox(id: string): Promise<void> {
    await unlessGone(this.#services.runtime("StopPodSandbox", { pod_sandbox_id: id }));
  }

  async removeSandbox(id: string): Promise<void> {
    await unlessGone(this.#services.runtime("RemovePodSandbox", { pod_sandbox_id: id }));
  }

  async createContainer(sandboxId: string, config: ContainerConfig, sandbox: SandboxConfig): Promise<string> {
    const answer = await this.#services.runtime("CreateContainer", {
      pod_sandbox_id: sandboxId,
      config: containerConfig(config, sandbox, this.#owner),
      sandbox_config: sandboxConfig(sandbox, this.#owner),
    });
    return answer.container_id;
  }

  async startContainer(id: string): Promise<void> {
    await this.#services.runtime("StartContainer", { container_id: id });
  }

  async stopContainer(id: string, graceSeconds: number): Promise<void> {
    const timeout = Math.max(0, Math.ceil(graceSeconds));
    const deadlineMs = timeout * 1000 + requestDeadlineMs;
    await unlessGone(this.#services.runtime("StopContainer", { container_id: id, timeout }, deadlineMs));
  }

  async removeContainer(id: string): Promise<void> {
    await unlessGone(this.#services.runtime("RemoveContainer", { container_id: id }));
  }

  async reopenLog(id: string): Promise<void> {
    await this.#services.runtime("ReopenContainerLog", { container_id: id });
  }

  async updateResources(id: string, resources: LinuxResources): Promise<void> {
    await this.#services.runtime("UpdateContainerResources", { container_id: id, linux: resourceConfig(resources) });
  }

  async execSync(id: string, command: readonly string[], timeoutMs?: number): Promise<ExecResult> {
    const deadlineMs = timeoutMs === undefined ? commandDeadlineMs : timeoutMs + requestDeadlineMs;
    // CRI counts in whole seconds, 0 being without limit.
    const timeout = timeoutMs === undefined ? 0 : Math.max(1, Math.ceil(timeoutMs / 1000));
    const answer = await this.#services.runtime("ExecSync", { container_id: id, cmd: command, timeout }, deadlineMs);
    return { exitCode: answer.exit_code, stdout: answer.stdout, stderr: answer.stderr };
  }

  async exec(id: string, command: readonly string[], options: StreamOptions): Promise<StreamSession> {
    const request = { container_id: id, cmd: command, ...streams(options) };
    const { url } = await this.#services.runtime("Exec", request);
    const { openRemoteCommand } = await import("#kubelet/streaming/remote-command-client.ts");
    return openRemoteCommand(url, options);
  }

  async attach(id: string, options: StreamOptions): Promise<StreamSession> {
    const { url } = await this.#services.runtime("Attach", { container_id: id, ...streams(options) });
    const { openRemoteCommand } = await import("#kubelet/streaming/remote-command-client.ts");
    return openRemoteCommand(url, options);
  }

  async portForward(sandboxId: string, port: number): Promise<Duplex> {
    const { url } = await this.#services.runtime("PortForward", { pod_sandbox_id: sandboxId, port: [port] });
    const { openPortForward } = await import("#kubelet/streaming/remote-command-client.ts");
    return openPortForward(url, port);
  }

  async image(reference: string): Promise<Image | undefined> {
    const { image } = await this.#services.images("ImageStatus", { image: { image: reference } });
    return image && imageOf(image);
  }

  async images(): Promise<readonly Image[]> {
    return (await this.#services.images("ListImages", {})).images.map(imageOf);
  }

  async pullImage(reference: string, auth?: RegistryAuth): Promise<string> {
    const request = {
      image: { image: reference },
      ...(auth && {
        auth: {
          username: auth.username,
          password: auth.password,
          identity_token: auth.identityToken,
          server_address: auth.serverAddress,
        },
      }),
    };
    try {
      return (await this.#services.images("PullImage", request, pullDeadlineMs)).image_ref;
    } catch (error) {
      throw pullError(error);
    }
  }

  async removeImage(reference: string): Promise<void> {
    await unlessGone(this.#services.images("RemoveImage", { image: { image: reference } }));
  }

  async stats(): Promise<readonly SandboxStats[]> {
    const [{ stats }, { containers }] = await Promise.all([
      this.#services.runtime("ListContainerStats", { filter: { label_selector: this.#owner } }),
      this.#services.runtime("ListContainers", { filter: { label_selector: this.#owner } }),
    ]);
    return statsOf(stats, new Map(containers.map(({ id, pod_sandbox_id }) => [id, pod_sandbox_id])));
  }

  async imageFilesystem(): Promise<FilesystemUsage | undefined> {
    const [usage] = (await this.#services.images("ImageFsInfo", {})).image_filesystems;
    return usage && filesystemOf(usage);
  }

  events(signal: AbortSignal): AsyncIterable<RuntimeEvent> {
    const parts = { channel: this.#channel, services: this.#services, clock: this.#clock, log: this.#log };
    return events({ ...parts, list: () => this.list() }, signal);
  }
}

/** A terminal has one output: asking for a second is refused by the runtime. */
const streams = ({ stdin, stdout, stderr, tty }: StreamOptions) => ({ stdin, stdout, stderr: stderr && !tty, tty });

async function unlessGone(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

export { RpcError };
