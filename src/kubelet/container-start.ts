import type { Container as ContainerSpec } from "#api/core/v1/container.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { abortable } from "./abortable.ts";
import { type ContainerParts, containerConfig } from "./container-config.ts";
import { ContainerConfigError, containerEnvironment, needsAddress } from "./env.ts";
import type { PodPlace } from "./field-path.ts";
import { hostnameOf } from "./hostname.ts";
import { ImageUnavailable } from "./image-puller.ts";
import type { Failure, Start } from "./pod.plan.ts";
import { containersOf } from "./pod-containers.ts";
import type { PodContext } from "./pod-context.ts";
import { containerEvents, podEvents } from "./pod-events.ts";
import { VolumeError } from "./pod-files.ts";
import type { Image, Sandbox, SandboxConfig } from "./runtime/runtime.ts";

/** A start that did not succeed; what the container's status shows stands in the failure. */
export class StartFailed extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure.message, options);
    this.name = "StartFailed";
    this.failure = failure;
  }
}

/** How soon a container is tried again that could not be configured or made. */
const configRetryMs = 5_000;

type Fail = (reason: string, error: unknown, retryAt?: number) => never;
type Variables = ReadonlyMap<string, string>;

/**
 * Starts the containers of one pod. What needs no sandbox (images, volumes, most environments) is begun while the
 * sandbox is being made and picked up when it is there, so that making the sandbox is all that takes time.
 */
export class ContainerStarter {
  readonly #context: PodContext;
  readonly #images = new Map<string, Promise<Image>>();
  readonly #environments = new Map<string, Promise<Variables>>();
  #volumes: Promise<void> | undefined;
  /** The sandbox whose /etc/hosts is written. */
  #hostsOf: string | undefined;

  constructor(context: PodContext) {
    this.#context = context;
  }

  /** Begins what can be done before there is a sandbox. Each result is used once. */
  prepare(pod: Pod): void {
    const place = this.#place(pod, undefined);
    this.#volumes ??= observed(this.#context.files.prepare(pod, place));
    for (const { spec, kind } of containersOf(pod)) {
      if (!this.#images.has(spec.name)) this.#images.set(spec.name, this.#image(pod, spec, kind));
      if (needsAddress(spec) || this.#environments.has(spec.name)) continue;
      this.#environments.set(spec.name, this.#environment(pod, spec, place));
    }
  }

  /** Forgets what was prepared for a pod that will not start. */
  discard(): void {
    this.#images.clear();
    this.#environments.clear();
    this.#volumes = undefined;
  }

  /** Throws StartFailed; gives up waiting, and between two steps, when the signal aborts. */
  async start(pod: Pod, sandbox: Sandbox, config: SandboxConfig, start: Start, signal: AbortSignal): Promise<void> {
    const { runtime, files, clock } = this.#context;
    const spec = containersOf(pod).find((wanted) => wanted.spec.name === start.name)?.spec;
    if (!spec) return; // the pod changed meanwhile
    const events = containerEvents(this.#context.events, pod, start);
    const fail: Fail = (reason, error, retryAt = clock.now() + configRetryMs) => {
      const { message } = error as Error;
      events.warning("Failed", `Error: ${error instanceof ImageUnavailable ? reason : message}`);
      throw new StartFailed({ reason, message, retryAt }, { cause: error });
    };
    const parts = await abortable(this.#gather(pod, sandbox, spec, start, fail), signal);
    let id: string;
    try {
      id = await runtime.createContainer(sandbox.id, containerConfig(pod, spec, start, parts), config);
    } catch (error) {
      return fail(error instanceof ContainerConfigError ? "CreateContainerConfigError" : "CreateContainerError", error);
    }
    events.normal("Created", "Container created");
    signal.throwIfAborted();
    await runtime.startContainer(id).catch((error: unknown) => fail("RunContainerError", error, clock.now()));
    events.normal("Started", "Container started");
    void files.pruneLogs(pod, spec.name, start.attempt);
  }

  /** Everything a container is made from; most of it has long been under way. */
  async #gather(pod: Pod, sandbox: Sandbox, spec: ContainerSpec, start: Start, fail: Fail): Promise<ContainerParts> {
    const { files, node } = this.#context;
    const place = this.#place(pod, sandbox);
    const image = this.#take(this.#images, spec.name, () => this.#image(pod, spec, start.kind));
    const environment = this.#take(this.#environments, spec.name, () => this.#environment(pod, spec, place));
    await this.#makeVolumes(pod, place, sandbox);
    const { id, user } = await image.catch((error: unknown) => {
      if (!(error instanceof ImageUnavailable)) return fail("ErrImagePull", error);
      return fail(error.reason, error, error.retryAt);
    });
    const { env, mounts } = await environment
      .then(async (env) => ({ env, mounts: await files.mounts(pod, spec, start.attempt, env) }))
      .catch((error: unknown) => fail("CreateContainerConfigError", error));
    return { image: id, ...(user && { imageUser: user }), env, mounts, nodeMemoryBytes: node.memoryBytes };
  }

  #place(pod: Pod, sandbox: Sandbox | undefined): PodPlace {
    const { name, addresses } = this.#context.node;
    const podIPs = pod.spec.hostNetwork ? addresses : (sandbox?.ips ?? []);
    return { podIPs, hostIPs: addresses, nodeName: name };
  }

  #image(pod: Pod, spec: ContainerSpec, kind: Start["kind"]): Promise<Image> {
    const events = containerEvents(this.#context.events, pod, { name: spec.name, kind });
    return observed(this.#context.images.ensure(pod, spec, events));
  }

  #environment(pod: Pod, spec: ContainerSpec, place: PodPlace): Promise<Variables> {
    const { references, node } = this.#context;
    return observed(containerEnvironment({ pod, references, allocatable: node.allocatable, ...place }, spec));
  }

  #take<T>(prepared: Map<string, Promise<T>>, name: string, make: () => Promise<T>): Promise<T> {
    const found = prepared.get(name);
    prepared.delete(name);
    return found ?? make();
  }

  async #makeVolumes(pod: Pod, place: PodPlace, sandbox: Sandbox): Promise<void> {
    const { files, clock } = this.#context;
    try {
      this.#volumes ??= observed(files.prepare(pod, place));
      await this.#volumes;
    } catch (error) {
      this.#volumes = undefined;
      const { message } = error as Error;
      const text =
        error instanceof VolumeError ? `MountVolume.SetUp failed for volume "${error.volume}" : ${message}` : message;
      podEvents(this.#context.events, pod).warning("FailedMount", text);
      const reason = (pod.spec.initContainers ?? []).length > 0 ? "PodInitializing" : "ContainerCreating";
      throw new StartFailed({ reason, message: "", retryAt: clock.now() + configRetryMs }, { cause: error });
    }
    if (this.#hostsOf === sandbox.id || pod.spec.hostNetwork) return;
    await files.writeHosts(pod, hostnameOf(pod, this.#context.node.name), place.podIPs);
    this.#hostsOf = sandbox.id;
  }
}

/** A failure is met when the result is used; until then it must not count as unhandled. */
function observed<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
