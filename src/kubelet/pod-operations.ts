import type { Pod } from "#api/core/v1/pod.ts";
import { backoffDelay } from "#kit/backoff.ts";
import { ContainerStarter, StartFailed } from "./container-start.ts";
import type { Failure, InFlight, PodAction, Start } from "./pod.plan.ts";
import { containersOf } from "./pod-containers.ts";
import type { PodContext } from "./pod-context.ts";
import { containerEvents, podEvents } from "./pod-events.ts";
import type { Sandbox, SandboxConfig } from "./runtime/runtime.ts";
import { sandboxConfig } from "./sandbox-config.ts";

const sandboxBackoff = { initialMs: 1_000, maxMs: 60_000 };
/** How long a stop or removal that failed is left alone. */
const retryMs = 1_000;
/** How long ErrImagePull shows before it becomes ImagePullBackOff. */
const pullErrorShowsMs = 2_000;

type Action<D extends PodAction["do"]> = Extract<PodAction, { do: D }>;

/**
 * Carries out what was planned for one pod, and knows what is under way and what the runtime was last seen to have.
 * Every operation runs by itself; when it ends, `changed` is called and the plan is made anew.
 */
export class PodOperations {
  readonly failures = new Map<string, Failure>();
  readonly released = new Set<string>();
  readonly #context: PodContext;
  readonly #changed: () => void;
  readonly #starter: ContainerStarter;
  readonly #starting = new Set<string>();
  readonly #stopping = new Map<string, number>();
  readonly #removing = new Set<string>();
  readonly #configs = new Map<string, SandboxConfig>();
  #sandboxes: readonly Sandbox[];
  #sandboxBegun = false;
  #sandboxFailures = 0;
  #running = 0;
  #starts = new AbortController();
  /** Grows with everything learned: a list that was asked for before is out of date. */
  #version = 0;
  #questions = 0;
  readonly #stale = new Set<string>();
  /** Sandbox id → the question whose answer is held. */
  readonly #answered = new Map<string, number>();

  constructor(context: PodContext, sandboxes: readonly Sandbox[], changed: () => void) {
    this.#context = context;
    this.#sandboxes = sandboxes;
    this.#changed = changed;
    this.#starter = new ContainerStarter(context);
  }

  get sandboxes(): readonly Sandbox[] {
    return this.#sandboxes;
  }

  get version(): number {
    return this.#version;
  }

  get busy(): boolean {
    return this.#running > 0;
  }

  get inFlight(): InFlight {
    return {
      sandbox: this.#sandboxBegun,
      starting: this.#starting,
      stopping: this.#stopping,
      removing: this.#removing,
    };
  }

  /** Takes what a list of the whole runtime says, unless more is known since `version`. */
  observe(sandboxes: readonly Sandbox[], version: number): boolean {
    if (version !== this.#version || this.#running > 0) return false;
    this.#sandboxes = sandboxes;
    this.#version++;
    return true;
  }

  /** What is known of the sandbox may be out of date: it is asked for again before the next plan. */
  markStale(id: string): void {
    this.#stale.add(id);
  }

  /** Throws when the runtime does not answer; then everything stays marked. */
  async refreshStale(): Promise<void> {
    await Promise.all([...this.#stale].map((id) => this.#refresh(id)));
  }

  /** Asks the runtime how a sandbox and its containers are now. An answer that a later question has overtaken is dropped. */
  async #refresh(id: string): Promise<void> {
    const question = ++this.#questions;
    // Marked again meanwhile, it stays so: the answer may be older than what was heard.
    this.#stale.delete(id);
    const sandbox = await this.#context.runtime.sandbox(id).catch((error: unknown) => {
      this.#stale.add(id);
      throw error;
    });
    if (question < (this.#answered.get(id) ?? 0)) return;
    this.#answered.set(id, question);
    const others = this.#sandboxes.filter((known) => known.id !== id);
    this.#sandboxes = sandbox ? [...others, sandbox] : others;
    this.#version++;
  }

  /** No more containers start; those half way do not go further. */
  abortStarts(): void {
    this.#starts.abort();
    this.#starter.discard();
  }

  perform(pod: Pod, actions: readonly PodAction[]): void {
    for (const action of actions) this.#begin(pod, action);
  }

  #begin(pod: Pod, action: PodAction): void {
    switch (action.do) {
      case "runSandbox":
        this.#sandboxBegun = true;
        this.#run(this.#runSandbox(pod, action.attempt).finally(() => (this.#sandboxBegun = false)));
        return;
      case "startContainers":
        for (const { name } of action.starts) this.#starting.add(name);
        this.#run(this.#startContainers(pod, action));
        return;
      case "stopContainer":
        this.#run(this.#stopContainer(pod, action));
        return;
      default:
        if (this.#removing.has(action.id)) return;
        this.#removing.add(action.id);
        this.#run(this.#takeAway(action).finally(() => this.#removing.delete(action.id)));
    }
  }

  #run(operation: Promise<void>): void {
    this.#running++;
    operation
      .catch((error: unknown) => this.#context.log.warn({ err: error }, "operation on a pod failed"))
      .finally(() => {
        this.#running--;
        this.#changed();
      });
  }

  async #runSandbox(pod: Pod, attempt: number): Promise<void> {
    const { runtime, sandboxSlots, cgroups, clock, events } = this.#context;
    if (this.#sandboxes.length > 0)
      podEvents(events, pod).normal("SandboxChanged", "Pod sandbox changed, it will be killed and re-created.");
    this.#starter.prepare(pod);
    const config = this.#sandboxConfig(pod, attempt);
    try {
      await cgroups.ensure(pod);
      const id = await sandboxSlots.run(() => runtime.runSandbox(config));
      this.#configs.set(id, config);
      await this.#refresh(id);
      this.failures.delete("");
      this.#sandboxFailures = 0;
    } catch (error) {
      const { message } = error as Error;
      podEvents(events, pod).warning("FailedCreatePodSandBox", `Failed to create pod sandbox: ${message}`);
      const retryAt = clock.now() + backoffDelay(this.#sandboxFailures++, sandboxBackoff);
      this.failures.set("", { reason: "FailedCreatePodSandBox", message, retryAt });
    }
  }

  /** One after the other, as people rely on the order; one that fails does not hold up the next. */
  async #startContainers(pod: Pod, { sandboxId, starts }: Action<"startContainers">): Promise<void> {
    const { signal } = this.#starts;
    this.#starter.prepare(pod);
    for (const start of starts) {
      try {
        const sandbox = this.#sandboxes.find(({ id }) => id === sandboxId);
        if (sandbox && !signal.aborted) {
          const config = this.#configs.get(sandboxId) ?? this.#sandboxConfig(pod, sandbox.attempt);
          await this.#starter.start(pod, sandbox, config, start, signal);
          this.failures.delete(start.name);
        }
      } catch (error) {
        if (!signal.aborted) this.#startFailed(pod, start, error);
      }
      // When the runtime does not answer now, it is asked again before the next plan.
      await this.#refresh(sandboxId).catch((error: unknown) => this.#context.log.debug({ err: error }, "no answer"));
      // From here on another round may start it again: its name is not ours to take back any more.
      this.#starting.delete(start.name);
      this.#changed();
    }
  }

  #sandboxConfig(pod: Pod, attempt: number): SandboxConfig {
    const { node, files } = this.#context;
    return sandboxConfig(pod, attempt, {
      nodeName: node.name,
      logDirectory: files.logDirectory(pod),
      dns: node.dns,
      ...(node.cgroupRoot !== undefined && { cgroupRoot: node.cgroupRoot }),
    });
  }

  #startFailed(pod: Pod, start: Start, error: unknown): void {
    const { clock } = this.#context;
    const unexpected = {
      reason: "CreateContainerError",
      message: (error as Error).message,
      retryAt: clock.now() + retryMs,
    };
    const failure = error instanceof StartFailed ? error.failure : unexpected;
    this.failures.set(start.name, failure);
    const showsPullError = failure.reason === "ErrImagePull" || failure.reason === "RegistryUnavailable";
    if (showsPullError && failure.retryAt - clock.now() > pullErrorShowsMs)
      clock.after(pullErrorShowsMs, () => this.#backOffPull(pod, start, failure));
  }

  #backOffPull(pod: Pod, start: Start, failure: Failure): void {
    if (this.failures.get(start.name) !== failure) return;
    const image = containersOf(pod).find(({ spec }) => spec.name === start.name)?.spec.image ?? "";
    const events = containerEvents(this.#context.events, pod, start);
    const text = `Back-off pulling image "${image}"`;
    events.normal("BackOff", text);
    events.warning("Failed", "Error: ImagePullBackOff");
    const message = `${text}: ${failure.reason}: ${failure.message}`;
    this.failures.set(start.name, { ...failure, reason: "ImagePullBackOff", message });
    this.#changed();
  }

  async #stopContainer(pod: Pod, action: Action<"stopContainer">): Promise<void> {
    const { runtime, clock, events } = this.#context;
    const { id, name, graceSeconds, message } = action;
    const kind = containersOf(pod).find(({ spec }) => spec.name === name)?.kind ?? "app";
    if (!this.#stopping.has(id)) containerEvents(events, pod, { name, kind }).normal("Killing", message);
    this.#stopping.set(id, clock.now() + graceSeconds * 1000);
    const owner = this.#sandboxes.find(({ containers }) => containers.some((c) => c.id === id));
    try {
      await runtime.stopContainer(id, graceSeconds);
    } catch (error) {
      this.#lookAgainLater();
      throw error;
    } finally {
      this.#stopping.delete(id);
      if (owner) await this.#refresh(owner.id);
    }
  }

  async #takeAway(action: Action<"removeContainer" | "stopSandbox" | "removeSandbox">): Promise<void> {
    const { runtime } = this.#context;
    const { id } = action;
    try {
      if (action.do === "stopSandbox") {
        await runtime.stopSandbox(id);
        this.released.add(id);
        await this.#refresh(id);
      } else if (action.do === "removeSandbox") {
        await this.removeSandbox(id);
      } else {
        await runtime.removeContainer(id);
        const owner = this.#sandboxes.find(({ containers }) => containers.some((c) => c.id === id));
        if (owner) await this.#refresh(owner.id);
      }
    } catch (error) {
      this.#lookAgainLater();
      throw error;
    }
  }

  async removeSandbox(id: string): Promise<void> {
    await this.#context.runtime.removeSandbox(id);
    this.#sandboxes = this.#sandboxes.filter((known) => known.id !== id);
    this.#configs.delete(id);
    this.#answered.delete(id);
    this.released.delete(id);
    this.#version++;
  }

  #lookAgainLater(): void {
    this.#context.clock.after(retryMs, this.#changed);
  }
}
