import { ageColumn, nameColumn } from "#api/meta/columns.ts";
import { ago } from "#api/meta/human-duration.ts";
import type { Column } from "#api/resource.ts";
import type { Pod } from "./pod.ts";
import type { ContainerStatus } from "./pod-status.ts";

export const podColumns: readonly Column<Pod>[] = [
  nameColumn,
  {
    name: "Ready",
    type: "string",
    description: "Containers that are ready, of all that should be.",
    value: (pod) => {
      const { ready, total } = podSummary(pod);
      return `${ready}/${total}`;
    },
  },
  {
    name: "Status",
    type: "string",
    description: "What the pod is doing, or why it does not run.",
    value: (pod) => podSummary(pod).reason,
  },
  {
    name: "Restarts",
    type: "string",
    description: "How often its containers were restarted, and how long ago the last time was.",
    value: (pod, now) => {
      const { restarts, lastRestart } = podSummary(pod);
      return restarts > 0 && lastRestart ? `${restarts} (${ago(lastRestart, now)} ago)` : `${restarts}`;
    },
  },
  ageColumn,
  {
    name: "IP",
    type: "string",
    priority: 1,
    description: "First address of the pod.",
    value: (pod) => pod.status?.podIPs?.[0]?.ip || pod.status?.podIP || "<none>",
  },
  {
    name: "Node",
    type: "string",
    priority: 1,
    description: "Node that the pod is bound to.",
    value: (pod) => pod.spec.nodeName || "<none>",
  },
  {
    name: "Nominated Node",
    type: "string",
    priority: 1,
    description: "Node on which room is being made for the pod.",
    value: (pod) => pod.status?.nominatedNodeName || "<none>",
  },
  {
    name: "Readiness Gates",
    type: "string",
    priority: 1,
    description: "Additional conditions that hold, of all that the pod waits for.",
    value: readinessGates,
  },
];

export interface PodSummary {
  readonly ready: number;
  readonly total: number;
  readonly reason: string;
  readonly restarts: number;
  /** When the container that was restarted last had ended. */
  readonly lastRestart: string | undefined;
}

/** A pod's state in a few words, as people read it: `Running`, `Init:0/1`, `CrashLoopBackOff`, `Terminating`. */
export function podSummary(pod: Pod): PodSummary {
  const init = initSummary(pod);
  const main = init.reason === undefined || conditionHolds(pod, "Initialized") ? mainSummary(pod) : undefined;
  const restarted = main ? [...init.sidecars, ...(pod.status?.containerStatuses ?? [])] : init.seen;
  const sidecarsInSpec = (pod.spec.initContainers ?? []).filter((c) => c.restartPolicy === "Always").length;
  return {
    ready: init.ready + (main?.ready ?? 0),
    total: (pod.spec.containers ?? []).length + sidecarsInSpec,
    reason: deletionReason(pod) ?? main?.reason ?? init.reason ?? ownReason(pod),
    restarts: restarted.reduce((sum, c) => sum + (c.restartCount ?? 0), 0),
    lastRestart: restarted
      .map((c) => c.lastState?.terminated?.finishedAt ?? "")
      .toSorted()
      .at(-1),
  };
}

/** The init containers up to the first that is not done; `reason` is there while one of them holds the pod up. */
function initSummary(pod: Pod) {
  const sidecarNames = new Set(
    (pod.spec.initContainers ?? []).filter((c) => c.restartPolicy === "Always").map((c) => c.name),
  );
  const seen: ContainerStatus[] = [];
  let ready = 0;
  let reason: string | undefined;
  for (const [i, status] of (pod.status?.initContainerStatuses ?? []).entries()) {
    seen.push(status);
    if (status.state?.terminated?.exitCode === 0) continue;
    if (sidecarNames.has(status.name) && status.started) {
      if (status.ready) ready++;
      continue;
    }
    reason = initReason(status, `${i}/${pod.spec.initContainers?.length ?? 0}`);
    break;
  }
  return { seen, sidecars: seen.filter((c) => sidecarNames.has(c.name)), ready, reason };
}

function initReason({ state }: ContainerStatus, progress: string): string {
  if (state?.terminated) return `Init:${endReason(state.terminated)}`;
  const waiting = state?.waiting?.reason;
  return `Init:${waiting && waiting !== "PodInitializing" ? waiting : progress}`;
}

function mainSummary(pod: Pod): { ready: number; reason: string | undefined } {
  let ready = 0;
  let reason: string | undefined;
  // The first container has the last word.
  for (const { state, ready: isReady } of (pod.status?.containerStatuses ?? []).toReversed()) {
    if (state?.waiting?.reason) reason = state.waiting.reason;
    else if (state?.terminated) reason = endReason(state.terminated);
    else if (isReady && state?.running) ready++;
  }
  // Some are done while others go on: the pod as a whole has not ended.
  if ((reason ?? ownReason(pod)) === "Completed" && ready > 0) {
    reason = conditionHolds(pod, "Ready") ? "Running" : "NotReady";
  }
  return { ready, reason };
}

type Terminated = NonNullable<NonNullable<ContainerStatus["state"]>["terminated"]>;

const endReason = ({ reason, signal, exitCode }: Terminated) =>
  reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`);

function ownReason({ status }: Pod): string {
  if (status?.conditions?.some((c) => c.type === "PodScheduled" && c.reason === "SchedulingGated")) {
    return "SchedulingGated";
  }
  return status?.reason || status?.phase || "";
}

function deletionReason({ metadata, status }: Pod): string | undefined {
  if (!metadata.deletionTimestamp) return undefined;
  if (status?.reason === "NodeLost") return "Unknown";
  return status?.phase === "Succeeded" || status?.phase === "Failed" ? undefined : "Terminating";
}

const conditionHolds = ({ status }: Pod, type: string) =>
  status?.conditions?.some((c) => c.type === type && c.status === "True") ?? false;

function readinessGates(pod: Pod): string {
  const gates = pod.spec.readinessGates ?? [];
  if (gates.length === 0) return "<none>";
  return `${gates.filter((gate) => conditionHolds(pod, gate.conditionType)).length}/${gates.length}`;
}
