import type { Pod } from "#api/core/v1/pod.ts";
import type { ContainerState, ContainerStatus } from "#api/core/v1/pod-status.ts";
import { timestamp } from "#api/meta/time.ts";
import type { Waiting } from "./pod.plan.ts";
import { currentSandbox, historyOf, type WantedContainer } from "./pod-containers.ts";
import { unknownExitCode } from "./restart-policy.ts";
import type { Container, Sandbox } from "./runtime/runtime.ts";

export interface ContainerFacts {
  readonly pod: Pod;
  readonly sandboxes: readonly Sandbox[];
  /** `containerd`: the scheme of container ids. */
  readonly runtimeName: string;
  readonly waiting: ReadonlyMap<string, Waiting>;
  /** Nothing will run any more. */
  readonly finished: boolean;
  /** What a running container's probes say. */
  isReady(container: Container): boolean;
  isStarted(container: Container): boolean;
  /** What an ended container left as its message. */
  messageOf(container: Container): string | undefined;
}

/** The status of one container of the pod, from everything the runtime remembers of it. */
export function containerStatus(
  facts: ContainerFacts,
  { spec, kind }: WantedContainer,
  previous: ContainerStatus | undefined,
): ContainerStatus {
  const [newest, ...older] = historyOf(facts.sandboxes, spec.name);
  const waiting = facts.waiting.get(spec.name);
  const alive = newest !== undefined && isAlive(facts, newest);
  const state = stateOf(facts, newest, waiting, previous, kind === "init");
  const ended = state.terminated ? older : [newest, ...older].filter((c) => c !== undefined);
  const last = ended.find((c) => c.state === "exited" || !isAlive(facts, c));
  const lastState = last && last.state !== "created" ? terminated(facts, last) : rememberedLastState(newest, previous);
  const running = alive && newest.state === "running";
  const succeeded = state.terminated?.exitCode === 0;
  return {
    name: spec.name,
    state,
    lastState: lastState ?? {},
    ready: kind === "init" ? succeeded : running && facts.isReady(newest),
    restartCount: newest?.attempt ?? previous?.restartCount ?? 0,
    image: newest?.image ?? spec.image ?? "",
    imageID: newest?.imageRef ?? previous?.imageID ?? "",
    ...idOf(facts, newest, previous),
    started: running && facts.isStarted(newest),
    ...resourcesOf(spec, running),
    ...volumeMountsOf(spec),
  };
}

/** One that the runtime has forgotten is still the last there was, until its successor is made. */
function idOf(
  { runtimeName }: ContainerFacts,
  newest: Container | undefined,
  previous: ContainerStatus | undefined,
): Pick<ContainerStatus, "containerID"> {
  if (newest) return { containerID: `${runtimeName}://${newest.id}` };
  return previous?.containerID ? { containerID: previous.containerID } : {};
}

function isAlive({ sandboxes }: ContainerFacts, container: Container): boolean {
  if (container.state !== "running") return false;
  return currentSandbox(sandboxes)?.containers.some(({ id }) => id === container.id) ?? false;
}

function stateOf(
  facts: ContainerFacts,
  newest: Container | undefined,
  waiting: Waiting | undefined,
  previous: ContainerStatus | undefined,
  isInit: boolean,
): ContainerState {
  if (newest && isAlive(facts, newest)) return { running: { startedAt: timestamp(newest.startedAt ?? 0) } };
  if (waiting) return { waiting: { ...waiting } };
  if (newest && newest.state !== "created") return terminated(facts, newest);
  if (!newest && isInit && previous?.state?.terminated?.exitCode === 0) return previous.state;
  if (!newest && facts.finished) return previous?.state?.terminated ? previous.state : lost(previous);
  const hasInit = (facts.pod.spec.initContainers ?? []).length > 0;
  return { waiting: { reason: hasInit ? "PodInitializing" : "ContainerCreating" } };
}

function terminated(facts: ContainerFacts, container: Container): ContainerState {
  const { exitCode = unknownExitCode, signal, reason = "ContainerStatusUnknown", id } = container;
  const message = facts.messageOf(container);
  return {
    terminated: {
      exitCode,
      // A signal shows in the exit code; kubelets report it apart only when the runtime says so.
      ...(signal !== undefined && exitCode === 0 && signal !== 0 && signal !== 15 && { signal }),
      reason: exitCode === 0 && reason === "ContainerStatusUnknown" ? "Completed" : reason,
      ...(message !== undefined && message !== "" && { message }),
      ...(container.startedAt !== undefined && { startedAt: timestamp(container.startedAt) }),
      ...(container.finishedAt !== undefined && { finishedAt: timestamp(container.finishedAt) }),
      containerID: `${facts.runtimeName}://${id}`,
    },
  };
}

/** When the runtime has forgotten the one before, what was reported then is still true; one that ran then was lost unseen. */
function rememberedLastState(
  newest: Container | undefined,
  previous: ContainerStatus | undefined,
): ContainerState | undefined {
  if (!previous) return undefined;
  if (newest && previous.containerID?.endsWith(newest.id)) return previous.lastState;
  if (previous.state?.terminated) return newest ? { terminated: previous.state.terminated } : previous.lastState;
  if (previous.state?.running) return lost(previous);
  return previous.lastState;
}

/** A container of which nothing is known but that it does not run any more. */
function lost(previous: ContainerStatus | undefined): ContainerState {
  const startedAt = previous?.state?.running?.startedAt;
  return {
    terminated: {
      exitCode: unknownExitCode,
      reason: "ContainerStatusUnknown",
      message: "The container could not be located when the pod was terminated",
      ...(startedAt && { startedAt }),
      ...(previous?.containerID && { containerID: previous.containerID }),
    },
  };
}

function resourcesOf({ resources }: WantedContainer["spec"], running: boolean): Partial<ContainerStatus> {
  if (!running || (!resources?.limits && !resources?.requests)) return running ? { resources: {} } : {};
  const { limits, requests } = resources;
  return {
    ...(requests && { allocatedResources: requests }),
    resources: { ...(limits && { limits }), ...(requests && { requests }) },
  };
}

function volumeMountsOf({ volumeMounts }: WantedContainer["spec"]): Partial<ContainerStatus> {
  if (!volumeMounts?.length) return {};
  return {
    volumeMounts: volumeMounts.map(({ name, mountPath, readOnly }) => ({
      name,
      mountPath,
      ...(readOnly && { readOnly, recursiveReadOnly: "Disabled" }),
    })),
  };
}
