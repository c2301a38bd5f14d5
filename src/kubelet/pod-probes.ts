import type { Pod } from "#api/core/v1/pod.ts";
import type { Probe } from "#api/core/v1/probe.ts";
import type { EventRecorder } from "#controller/events.ts";
import type { Clock } from "#kit/clock.ts";
import type { Unhealthy } from "./pod.plan.ts";
import { containersOf, currentSandbox, type WantedContainer } from "./pod-containers.ts";
import { containerEvents } from "./pod-events.ts";
import { afterProbe, initialProbeState, type ProbeKind, type ProbeState } from "./probe.plan.ts";
import type { ProbeResult, Prober } from "./prober.ts";
import type { Container, Sandbox } from "./runtime/runtime.ts";

export interface PodProbesOptions {
  readonly prober: Prober;
  readonly clock: Clock;
  readonly events: EventRecorder;
  readonly hostAddress: string;
  /** A verdict has changed. */
  readonly changed: () => void;
}

interface Watched {
  readonly container: Container;
  readonly wanted: WantedContainer;
  readonly states: Map<ProbeKind, ProbeState>;
  readonly timers: Map<ProbeKind, () => void>;
  host: string;
  pod: Pod;
}

const kinds = ["startup", "liveness", "readiness"] as const;

/** Runs the probes of a pod's running containers, each on its own beat, and knows what they have found. */
export class PodProbes {
  readonly #options: PodProbesOptions;
  /** By container id; only containers that run and have probes. */
  readonly #watched = new Map<string, Watched>();
  readonly #unhealthy = new Map<string, Unhealthy>();

  constructor(options: PodProbesOptions) {
    this.#options = options;
  }

  /** Begins with containers that run now, and ends with those that do not any more. */
  follow(pod: Pod, sandboxes: readonly Sandbox[]): void {
    const sandbox = currentSandbox(sandboxes);
    const running = new Map((sandbox?.containers ?? []).filter((c) => c.state === "running").map((c) => [c.id, c]));
    for (const [id, watched] of this.#watched) {
      if (running.has(id)) watched.pod = pod;
      else this.#forget(id, watched);
    }
    if (!sandbox) return;
    const host = pod.spec.hostNetwork ? this.#options.hostAddress : (sandbox.ips[0] ?? "");
    for (const container of running.values()) {
      if (this.#watched.has(container.id)) continue;
      const wanted = containersOf(pod).find(({ spec }) => spec.name === container.name);
      if (wanted && kinds.some((kind) => probeOf(wanted, kind))) this.#begin(pod, wanted, container, host);
    }
  }

  isStarted(container: Container): boolean {
    return this.#watched.get(container.id)?.states.get("startup")?.passing ?? true;
  }

  isReady(container: Container): boolean {
    return this.isStarted(container) && (this.#watched.get(container.id)?.states.get("readiness")?.passing ?? true);
  }

  unhealthy(): ReadonlyMap<string, Unhealthy> {
    return this.#unhealthy;
  }

  stop(): void {
    for (const [id, watched] of this.#watched) this.#forget(id, watched);
  }

  #forget(id: string, { timers }: Watched): void {
    for (const cancel of timers.values()) cancel();
    this.#watched.delete(id);
    this.#unhealthy.delete(id);
  }

  #begin(pod: Pod, wanted: WantedContainer, container: Container, host: string): void {
    const states = new Map<ProbeKind, ProbeState>();
    for (const kind of kinds) {
      if (!probeOf(wanted, kind)) continue;
      const passed = kind !== "liveness" && reportedAs(pod, container, kind);
      states.set(kind, { ...initialProbeState(kind), ...(passed && { passing: true }) });
    }
    const watched: Watched = { container, wanted, states, timers: new Map(), host, pod };
    this.#watched.set(container.id, watched);
    for (const kind of states.keys())
      this.#schedule(watched, kind, delayOf(wanted, kind, container, this.#options.clock));
  }

  #schedule(watched: Watched, kind: ProbeKind, ms: number): void {
    watched.timers.set(
      kind,
      this.#options.clock.after(ms, () => void this.#probe(watched, kind)),
    );
  }

  async #probe(watched: Watched, kind: ProbeKind): Promise<void> {
    const probe = probeOf(watched.wanted, kind);
    const { container, states } = watched;
    const isCurrent = () => this.#watched.get(container.id) === watched;
    if (!probe || !isCurrent()) return;
    const started = this.isStarted(container);
    const due = kind === "startup" ? !started : started;
    const result = due ? await this.#ask(watched, probe) : undefined;
    if (!isCurrent()) return;
    const before = states.get(kind);
    if (result && before) {
      const { state, kill } = afterProbe(kind, probe, before, result.ok);
      states.set(kind, state);
      if (!result.ok) this.#tellFailure(watched, kind, result);
      if (kill) this.#condemn(container, kind, probe);
      if (state.passing !== before.passing || kill) this.#options.changed();
    }
    if (kind === "startup" && states.get(kind)?.passing) return;
    this.#schedule(watched, kind, (probe.periodSeconds ?? 10) * 1000);
  }

  async #ask({ container, wanted, host }: Watched, probe: Probe): Promise<ProbeResult> {
    try {
      return await this.#options.prober(probe, { containerId: container.id, spec: wanted.spec, host });
    } catch (error) {
      return { ok: false, message: (error as Error).message };
    }
  }

  #condemn(container: Container, kind: ProbeKind, probe: Probe): void {
    if (kind === "readiness") return;
    const graceSeconds = probe.terminationGracePeriodSeconds;
    this.#unhealthy.set(container.id, { probe: kind, ...(graceSeconds !== undefined && { graceSeconds }) });
  }

  #tellFailure({ pod, wanted }: Watched, kind: ProbeKind, { message }: ProbeResult): void {
    const events = containerEvents(this.#options.events, pod, { name: wanted.spec.name, kind: wanted.kind });
    const name = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
    events.warning("Unhealthy", `${name} probe failed: ${message}`);
  }
}

function probeOf({ spec }: WantedContainer, kind: ProbeKind): Probe | undefined {
  return { startup: spec.startupProbe, liveness: spec.livenessProbe, readiness: spec.readinessProbe }[kind];
}

/** An agent that starts again must not make containers look unready that were ready all the time. */
function reportedAs({ status }: Pod, container: Container, kind: ProbeKind): boolean {
  const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  const reported = all.find(({ containerID }) => containerID?.endsWith(`//${container.id}`));
  return (kind === "startup" ? reported?.started : reported?.ready) ?? false;
}

function delayOf(wanted: WantedContainer, kind: ProbeKind, container: Container, clock: Clock): number {
  const startedAt = container.startedAt ?? clock.now();
  const delayMs = (probeOf(wanted, kind)?.initialDelaySeconds ?? 0) * 1000;
  return Math.max(startedAt + delayMs - clock.now(), 0);
}
