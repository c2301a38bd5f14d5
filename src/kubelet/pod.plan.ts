import type { Pod } from "#api/core/v1/pod.ts";
import { parseTime } from "#api/meta/time.ts";
import { formatDuration } from "#schema/duration.ts";
import type { ContainerKind } from "./names.ts";
import {
  containersOf,
  currentSandbox,
  hasChanged,
  historyOf,
  newestContainer,
  newestSandbox,
  podText,
  type WantedContainer,
} from "./pod-containers.ts";
import { type Ending, planEnd } from "./pod-end.plan.ts";
import { mayRestart, restartAfter } from "./restart-policy.ts";
import type { Container, Sandbox } from "./runtime/runtime.ts";

/** Everything the decision depends on. Sandboxes are as last seen; what was begun since stands in `inFlight`. */
export interface PodFacts {
  readonly pod: Pod;
  readonly sandboxes: readonly Sandbox[];
  readonly now: number;
  /** The pod must end, whatever its policies say. */
  readonly ending?: Ending | undefined;
  readonly inFlight: InFlight;
  /** Sandboxes whose network was given back after they ended. */
  readonly released: ReadonlySet<string>;
  /** Attempts that failed: of the sandbox under "", of a container under its name. */
  readonly failures: ReadonlyMap<string, Failure>;
  /** Containers that must be killed, as a probe has failed: id → why. */
  readonly unhealthy: ReadonlyMap<string, Unhealthy>;
  /** Whether a running container has passed its startup probe. */
  started(container: Container): boolean;
}

export interface InFlight {
  readonly sandbox: boolean;
  readonly starting: ReadonlySet<string>;
  /** Container id → when it is killed at the latest. */
  readonly stopping: ReadonlyMap<string, number>;
  /** Ids of containers and sandboxes being stopped for good or removed. */
  readonly removing: ReadonlySet<string>;
}

export interface Failure {
  readonly reason: string;
  readonly message: string;
  readonly retryAt: number;
}

export interface Unhealthy {
  readonly probe: "liveness" | "startup";
  readonly graceSeconds?: number;
}

export interface Start {
  readonly name: string;
  readonly kind: ContainerKind;
  readonly attempt: number;
  readonly backoffMs: number;
}

export type PodAction =
  | { readonly do: "runSandbox"; readonly attempt: number }
  | { readonly do: "startContainers"; readonly sandboxId: string; readonly starts: readonly Start[] }
  | {
      readonly do: "stopContainer";
      readonly id: string;
      readonly name: string;
      readonly graceSeconds: number;
      readonly message: string;
    }
  | { readonly do: "removeContainer"; readonly id: string }
  | { readonly do: "stopSandbox"; readonly id: string }
  | { readonly do: "removeSandbox"; readonly id: string };

export interface Waiting {
  readonly reason: string;
  readonly message?: string;
}

export interface PodPlan {
  readonly actions: readonly PodAction[];
  /** Why containers wait that do not run, by name. */
  readonly waiting: ReadonlyMap<string, Waiting>;
  /** Containers whose back-off was decided on; each is worth an Event once. */
  readonly backingOff: readonly { readonly name: string; readonly id: string }[];
  /** Look again at this time, in milliseconds since the epoch. */
  readonly again?: number;
  /** Nothing will run any more: it all ended by itself, or (with an ending) has been stopped. */
  readonly finished: boolean;
  /** Found to be over its deadline just now: to be remembered as the pod's ending. */
  readonly ending?: Ending;
}

/** What to do next for a pod. Called after every change; decides from facts alone. */
export function planPod(facts: PodFacts): PodPlan {
  const draft = new Draft();
  const deadline = deadlineOf(facts.pod);
  const ending = facts.ending ?? (deadline <= facts.now ? overDeadline(facts.pod) : undefined);
  if (ending) return draft.done({ ...planEnd(facts, ending), ...(ending !== facts.ending && { ending }) });
  if (Number.isFinite(deadline)) draft.lookAgain(deadline);
  if (isOver(facts)) return draft.done(planEnd(facts, { graceSeconds: graceOf(facts.pod) }));
  releaseEnded(facts, draft);
  removeOld(facts, draft);
  const sandbox = currentSandbox(facts.sandboxes);
  if (sandbox) planContainers(facts, sandbox, draft);
  else planSandbox(facts, draft);
  return draft.done();
}

class Draft {
  readonly actions: PodAction[] = [];
  readonly starts: Start[] = [];
  readonly waiting = new Map<string, Waiting>();
  readonly backingOff: { name: string; id: string }[] = [];
  #again = Number.POSITIVE_INFINITY;

  lookAgain(at: number): void {
    this.#again = Math.min(this.#again, at);
  }

  done(more: { actions?: readonly PodAction[]; finished?: boolean; ending?: Ending; again?: number } = {}): PodPlan {
    if (more.again !== undefined) this.lookAgain(more.again);
    return {
      actions: [...this.actions, ...(more.actions ?? [])],
      waiting: this.waiting,
      backingOff: this.backingOff,
      ...(Number.isFinite(this.#again) && { again: this.#again }),
      finished: more.finished ?? false,
      ...(more.ending && { ending: more.ending }),
    };
  }
}

/** When activeDeadlineSeconds runs out; infinity without one. */
function deadlineOf(pod: Pod): number {
  const startedAt = parseTime(pod.status?.startTime);
  const seconds = pod.spec.activeDeadlineSeconds;
  return seconds === undefined || Number.isNaN(startedAt) ? Number.POSITIVE_INFINITY : startedAt + seconds * 1000;
}

const overDeadline = (pod: Pod): Ending => ({
  graceSeconds: graceOf(pod),
  phase: "Failed",
  reason: "DeadlineExceeded",
  message: "Pod was active on the node longer than the specified deadline",
});

export const graceOf = (pod: Pod): number => pod.spec.terminationGracePeriodSeconds ?? 30;

/** Whether everything has ended by itself and the policies let it be. */
function isOver({ pod, sandboxes, inFlight }: PodFacts): boolean {
  if (inFlight.starting.size > 0 || inFlight.sandbox) return false;
  const sandbox = currentSandbox(sandboxes);
  const hasEnded = ({ spec, kind }: WantedContainer) => {
    const newest = newestContainer(sandboxes, spec.name);
    if (!newest || isAlive(newest, sandbox) || newest.state === "created") return false;
    return !hasChanged(newest, spec) && !mayRestart(pod, spec, kind, newest);
  };
  const wanted = containersOf(pod);
  if (wanted.filter(({ kind }) => kind === "app").every(hasEnded)) return true;
  return wanted.some((c) => c.kind === "init" && failedForGood(c, sandboxes) && hasEnded(c));
}

const failedForGood = ({ spec }: WantedContainer, sandboxes: readonly Sandbox[]) =>
  (newestContainer(sandboxes, spec.name)?.exitCode ?? 0) !== 0;

/** A container in a sandbox that is gone does not run, whatever was last heard of it. */
const isAlive = (container: Container, sandbox: Sandbox | undefined) =>
  container.state === "running" && (sandbox?.containers.some(({ id }) => id === container.id) ?? false);

/** A sandbox that died still holds its network; a second living one should not be there at all. */
function releaseEnded({ sandboxes, released, inFlight }: PodFacts, draft: Draft): void {
  const current = currentSandbox(sandboxes);
  for (const { id, ready } of sandboxes) {
    if (id === current?.id || inFlight.removing.has(id) || (!ready && released.has(id))) continue;
    draft.actions.push({ do: "stopSandbox", id });
  }
}

/** Of each name one ended container stays, for its log and its last state; an old sandbox goes with the last of its containers. */
function removeOld({ pod, sandboxes, released, inFlight }: PodFacts, draft: Draft): void {
  const removable = (id: string) => !inFlight.removing.has(id);
  for (const { spec } of containersOf(pod)) {
    const ended = historyOf(sandboxes, spec.name).filter(({ state }) => state === "exited");
    for (const { id } of ended.slice(1).filter(({ id }) => removable(id)))
      draft.actions.push({ do: "removeContainer", id });
  }
  const newest = newestSandbox(sandboxes);
  for (const { id, ready, containers } of sandboxes) {
    if (ready || id === newest?.id || containers.length > 0 || !released.has(id) || !removable(id)) continue;
    draft.actions.push({ do: "removeSandbox", id });
  }
}

function planSandbox({ sandboxes, inFlight, failures, now }: PodFacts, draft: Draft): void {
  if (inFlight.sandbox) return;
  const failure = failures.get("");
  if (failure && failure.retryAt > now) {
    draft.lookAgain(failure.retryAt);
    return;
  }
  // The old one's network is given back first: its ports and addresses may be the ones needed.
  if (draft.actions.some((action) => action.do === "stopSandbox")) return;
  if (sandboxes.some(({ id }) => inFlight.removing.has(id))) return;
  const newest = newestSandbox(sandboxes);
  draft.actions.push({ do: "runSandbox", attempt: newest ? newest.attempt + 1 : 0 });
}

function planContainers(facts: PodFacts, sandbox: Sandbox, draft: Draft): void {
  const wanted = containersOf(facts.pod);
  const appNames = new Set(wanted.filter(({ kind }) => kind === "app").map(({ spec }) => spec.name));
  const begun = sandbox.containers.some(({ name }) => appNames.has(name));
  let ready = true;
  for (const container of wanted) {
    // What comes after an init container that is not through yet has to wait for it.
    if (!ready) break;
    if (container.kind === "init" && begun) continue;
    const through = planContainer(facts, sandbox, container, draft);
    if (container.kind !== "app" && !begun) ready = through;
  }
  if (draft.starts.length > 0)
    draft.actions.push({ do: "startContainers", sandboxId: sandbox.id, starts: draft.starts });
}

/** Whether those after it may start: an init container has succeeded, a sidecar runs. */
function planContainer(facts: PodFacts, sandbox: Sandbox, wanted: WantedContainer, draft: Draft): boolean {
  const { spec, kind } = wanted;
  if (facts.inFlight.starting.has(spec.name)) return false;
  const container = newestContainer([sandbox], spec.name);
  if (container?.state === "running") {
    planRunning(facts, wanted, container, draft);
    return kind === "sidecar" && facts.started(container);
  }
  if (!container) {
    planStart(facts, wanted, { attempt: nextAttempt(facts, spec.name), backoffMs: 0 }, draft);
    return false;
  }
  if (container.state === "created") {
    // Left behind between its creation and its start.
    draft.actions.push({ do: "removeContainer", id: container.id });
    planStart(facts, wanted, { attempt: container.attempt + 1, backoffMs: 0 }, draft);
    return false;
  }
  if (hasChanged(container, spec)) {
    planStart(facts, wanted, { attempt: container.attempt + 1, backoffMs: 0 }, draft);
    return false;
  }
  if (!mayRestart(facts.pod, spec, kind, container)) return kind === "init" && container.exitCode === 0;
  planRestart(facts, wanted, container, draft);
  return false;
}

/** After a reboot the runtime remembers nothing, but the API server does: a container known to it counts as the one before. */
function nextAttempt({ sandboxes, pod }: PodFacts, name: string): number {
  const newest = newestContainer(sandboxes, name);
  if (newest) return newest.attempt + 1;
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  const reported = [...containerStatuses, ...initContainerStatuses].find((status) => status.name === name);
  return reported?.containerID ? reported.restartCount + 1 : 0;
}

function planRunning(facts: PodFacts, { spec }: WantedContainer, container: Container, draft: Draft): void {
  const { unhealthy, inFlight, pod } = facts;
  if (inFlight.stopping.has(container.id)) return;
  const stop = (message: string, graceSeconds = graceOf(pod)) =>
    draft.actions.push({ do: "stopContainer", id: container.id, name: spec.name, graceSeconds, message });
  const failed = unhealthy.get(container.id);
  if (failed) stop(`Container ${spec.name} failed ${failed.probe} probe, will be restarted`, failed.graceSeconds);
  else if (hasChanged(container, spec)) stop(`Container ${spec.name} definition changed, will be restarted`);
}

function planRestart(facts: PodFacts, wanted: WantedContainer, ended: Container, draft: Draft): void {
  const { at, waitMs, nextBackoffMs } = restartAfter(ended);
  const { name } = wanted.spec;
  if (at <= facts.now) {
    planStart(facts, wanted, { attempt: ended.attempt + 1, backoffMs: nextBackoffMs }, draft);
    return;
  }
  const wait = formatDuration(BigInt(waitMs) * 1_000_000n);
  const message = `back-off ${wait} restarting failed container=${name} pod=${podText(facts.pod)}`;
  draft.waiting.set(name, { reason: "CrashLoopBackOff", message });
  draft.backingOff.push({ name, id: ended.id });
  draft.lookAgain(at);
}

function planStart(
  { failures, now }: PodFacts,
  { spec, kind }: WantedContainer,
  attempt: Pick<Start, "attempt" | "backoffMs">,
  draft: Draft,
): void {
  const failure = failures.get(spec.name);
  if (failure && failure.retryAt > now) {
    draft.waiting.set(spec.name, { reason: failure.reason, message: failure.message });
    draft.lookAgain(failure.retryAt);
    return;
  }
  draft.starts.push({ name: spec.name, kind, ...attempt });
}
