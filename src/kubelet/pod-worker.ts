import { type Pod, Pods } from "#api/core/v1/pod.ts";
import type { PodStatus } from "#api/core/v1/pod-status.ts";
import { isConflict, isNotFound } from "#api/meta/api-error.ts";
import type { Client } from "#client/client.ts";
import { graceOf, type PodPlan, planPod } from "./pod.plan.ts";
import { containersOf, newestContainer, podText } from "./pod-containers.ts";
import type { PodContext } from "./pod-context.ts";
import type { Ending } from "./pod-end.plan.ts";
import { containerEvents } from "./pod-events.ts";
import { PodOperations } from "./pod-operations.ts";
import type { PodProbes } from "./pod-probes.ts";
import { podStatus } from "./pod-status.ts";
import type { Container, RuntimeEvent, Sandbox } from "./runtime/runtime.ts";
import type { StatusManager } from "./status-manager.ts";
import { TerminationMessages } from "./termination-messages.ts";

export interface WorkerContext extends PodContext {
  readonly client: Pick<Client, "delete">;
  readonly status: StatusManager;
  probesOf(changed: () => void): PodProbes;
}

/**
 * Looks after one pod from its first sight to its last trace. Passes never overlap: each looks at what is known, plans,
 * begins what was planned and reports; whatever changes asks for the next one.
 */
export class PodWorker {
  readonly operations: PodOperations;
  readonly #context: WorkerContext;
  readonly #wake: (afterMs?: number) => void;
  readonly #probes: PodProbes;
  readonly #messages: TerminationMessages;
  /** Containers whose back-off was told as an Event. */
  readonly #backOffTold = new Set<string>();
  #pod: Pod;
  #lastStatus: PodStatus | undefined;
  #ending: Ending | undefined;
  /** The API server has no such pod any more. */
  #vanished = false;
  #cleaned = false;

  constructor(pod: Pod, sandboxes: readonly Sandbox[], context: WorkerContext, wake: (afterMs?: number) => void) {
    this.#pod = pod;
    this.#context = context;
    this.#wake = wake;
    this.operations = new PodOperations(context, sandboxes, wake);
    this.#probes = context.probesOf(wake);
    if (sandboxes.length > 0) void context.cgroups.ensure(pod); // adopted: its class must count it again
    this.#messages = new TerminationMessages(context.files);
  }

  /** As the API server has it, with the status as it is known here. */
  get pod(): Pod {
    return this.#lastStatus ? { ...this.#pod, status: this.#knownStatus() } : this.#pod;
  }

  /** Nothing of the pod is left, neither here nor on the API server. */
  get gone(): boolean {
    return this.#vanished && this.#cleaned;
  }

  get idle(): boolean {
    return !this.operations.busy;
  }

  /** Takes a version of the pod, unless a newer one is known. */
  update(pod: Pod): void {
    if (Number(pod.metadata.resourceVersion) < Number(this.#pod.metadata.resourceVersion)) return;
    this.#pod = pod;
    this.#wake();
  }

  vanish(): void {
    this.#vanished = true;
    this.#wake();
  }

  /**
   * The runtime says that something happened. What is being started is looked at anyway when that is done, and a sandbox
   * being made must not be seen before it is ready; a sandbox that nobody knows is found by the next list.
   */
  hint({ type, sandboxId }: RuntimeEvent): void {
    const { sandboxes, inFlight } = this.operations;
    const isOwnStart = (type === "created" || type === "started") && (inFlight.sandbox || inFlight.starting.size > 0);
    if (isOwnStart) return;
    const known = sandboxes.filter(({ id }) => sandboxId === undefined || id === sandboxId);
    for (const { id } of known) this.operations.markStale(id);
    if (known.length > 0) this.#wake();
  }

  async pass(): Promise<void> {
    if (this.#cleaned) return;
    const { operations } = this;
    await operations.refreshStale();
    await this.#messages.read(this.#pod, operations.sandboxes);
    const plan = this.#plan();
    operations.perform(this.#pod, plan.actions);
    this.#probes.follow(this.#pod, operations.sandboxes);
    this.#tellBackOff(plan);
    this.#report(plan);
    if (plan.again !== undefined) this.#wake(Math.max(plan.again - this.#context.clock.now(), 0));
    if (plan.finished && this.#isDeleted()) await this.#finish();
  }

  /** What the kubelet's HTTP server wants to know. */
  container(name: string, previous: boolean): Container | undefined {
    const all = this.operations.sandboxes
      .flatMap(({ containers }) => containers.filter((c) => c.name === name))
      .sort((a, b) => b.attempt - a.attempt);
    return previous ? all[1] : all[0];
  }

  /** Ends everything that goes on by itself; the containers stay. */
  detach(): void {
    this.#probes.stop();
    this.operations.abortStarts();
  }

  #plan(): PodPlan {
    const { clock } = this.#context;
    const plan = planPod({
      pod: this.pod,
      sandboxes: this.operations.sandboxes,
      now: clock.now(),
      ending: this.#endingNow(),
      inFlight: this.operations.inFlight,
      released: this.operations.released,
      failures: this.operations.failures,
      unhealthy: this.#probes.unhealthy(),
      started: (container) => this.#probes.isStarted(container),
    });
    if (plan.ending) this.#ending = plan.ending;
    if (plan.ending || this.#isDeleted()) this.operations.abortStarts();
    return plan;
  }

  #isDeleted(): boolean {
    return this.#vanished || this.#pod.metadata.deletionTimestamp !== undefined;
  }

  /** Why the pod must end now; what the API server says about it goes before what was found here. */
  #endingNow(): Ending | undefined {
    const { metadata, status } = this.#pod;
    const deletion = this.#isDeleted()
      ? { graceSeconds: metadata.deletionGracePeriodSeconds ?? graceOf(this.#pod) }
      : undefined;
    if (this.#ending) return { ...this.#ending, ...deletion };
    if (deletion) return deletion;
    const isOver = status?.phase === "Failed" || status?.phase === "Succeeded";
    return isOver ? { graceSeconds: graceOf(this.#pod) } : undefined;
  }

  /** What others wrote into the status, and what was reported from here last. */
  #knownStatus(): PodStatus {
    const { status = {} } = this.#pod;
    const last = this.#lastStatus;
    if (!last) return status;
    const own = new Set((last.conditions ?? []).map(({ type }) => type));
    const others = (status.conditions ?? []).filter(({ type }) => !own.has(type));
    return { ...status, ...last, conditions: [...(last.conditions ?? []), ...others] };
  }

  #report({ waiting, finished }: PodPlan): void {
    const { clock, node, runtimeName, status } = this.#context;
    this.#lastStatus = podStatus({
      pod: this.pod,
      sandboxes: this.operations.sandboxes,
      runtimeName,
      waiting,
      isReady: (container) => this.#probes.isReady(container),
      isStarted: (container) => this.#probes.isStarted(container),
      messageOf: (container) => this.#messages.of(container),
      now: clock.now(),
      hostIPs: node.addresses,
      finished,
      ending: this.#ending,
    });
    if (!this.#vanished) status.report(this.#pod, this.#lastStatus, (pod) => this.#accept(pod));
  }

  /** The answer to a write of our own: nothing new, so no reason to look again. */
  #accept(pod: Pod): void {
    if (Number(pod.metadata.resourceVersion) > Number(this.#pod.metadata.resourceVersion)) this.#pod = pod;
  }

  #tellBackOff({ backingOff }: PodPlan): void {
    for (const { name, id } of backingOff) {
      if (this.#backOffTold.has(id)) continue;
      this.#backOffTold.add(id);
      const kind = containersOf(this.#pod).find(({ spec }) => spec.name === name)?.kind ?? "app";
      const text = `Back-off restarting failed container ${name} in pod ${podText(this.#pod)}`;
      containerEvents(this.#context.events, this.#pod, { name, kind }).warning("BackOff", text);
    }
  }

  /** All has stopped: the API server may forget the pod, and so may this machine. */
  async #finish(): Promise<void> {
    const { status, files, images, cgroups } = this.#context;
    const { uid } = this.#pod.metadata;
    this.#probes.stop();
    if (!this.#vanished) await status.settled(uid);
    await files.cleanUp(this.#pod);
    if (!this.#vanished && this.#pod.metadata.deletionGracePeriodSeconds !== 0) await this.#deleteFromApi();
    await Promise.all(this.operations.sandboxes.map(({ id }) => this.operations.removeSandbox(id)));
    await cgroups.remove(this.#pod);
    images.forget(this.#pod);
    this.#cleaned = true;
    this.#wake();
  }

  async #deleteFromApi(): Promise<void> {
    const { name, namespace, uid } = this.#pod.metadata;
    try {
      await this.#context.client.delete(Pods, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  /** Whether the container is the last of its name and runs. */
  isRunning(name: string): boolean {
    return newestContainer(this.operations.sandboxes, name)?.state === "running";
  }
}
