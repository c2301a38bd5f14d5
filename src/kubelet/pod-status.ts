import type { PodStatus } from "#api/core/v1/pod-status.ts";
import { timestamp } from "#api/meta/time.ts";
import { type ContainerFacts, containerStatus } from "./container-status.ts";
import { podConditions } from "./pod-conditions.ts";
import { containersOf, currentSandbox, newestSandbox } from "./pod-containers.ts";
import type { Ending } from "./pod-end.plan.ts";
import { phaseOf } from "./pod-phase.ts";
import { qosClassOf } from "./qos.ts";

export interface StatusFacts extends ContainerFacts {
  readonly now: number;
  readonly hostIPs: readonly string[];
  readonly ending?: Ending | undefined;
}

/** What the kubelet reports of a pod. `facts.pod.status` is what was reported before; what others wrote there stays out of it. */
export function podStatus(facts: StatusFacts): PodStatus {
  const { pod, sandboxes, now, hostIPs, ending, finished } = facts;
  const previous = pod.status ?? {};
  const known = [...(previous.initContainerStatuses ?? []), ...(previous.containerStatuses ?? [])];
  const statuses = containersOf(pod).map((container) => ({
    kind: container.kind,
    status: containerStatus(
      facts,
      container,
      known.find(({ name }) => name === container.spec.name),
    ),
  }));
  const init = statuses.filter(({ kind }) => kind !== "app").map(({ status }) => status);
  const containers = statuses.filter(({ kind }) => kind === "app").map(({ status }) => status);
  const over = previous.phase === "Succeeded" || previous.phase === "Failed" ? previous.phase : undefined;
  const phase = over ?? ending?.phase ?? phaseOf(pod, init, containers, finished);
  const sandbox = currentSandbox(sandboxes);
  const ips = addressesOf(facts);
  const { generation } = pod.metadata;
  return {
    ...(generation !== undefined && { observedGeneration: generation }),
    phase,
    conditions: podConditions(
      { pod, phase, init, containers, networkReady: sandbox !== undefined, now },
      previous.conditions ?? [],
    ),
    ...reasonOf(facts),
    ...(hostIPs[0] && { hostIP: hostIPs[0], hostIPs: hostIPs.map((ip) => ({ ip })) }),
    ...(ips[0] && { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) }),
    startTime: previous.startTime ?? timestamp(now),
    ...(init.length > 0 && { initContainerStatuses: init }),
    containerStatuses: containers,
    qosClass: previous.qosClass ?? qosClassOf(pod.spec),
  };
}

function reasonOf({ pod, ending }: StatusFacts): Pick<PodStatus, "reason" | "message"> {
  const { reason, message } = ending?.reason ? ending : (pod.status ?? {});
  return { ...(reason && { reason }), ...(message && { message }) };
}

/** A pod keeps the last address it had, so that what it was can still be found out when it has ended. */
function addressesOf({ pod, sandboxes, hostIPs }: StatusFacts): readonly string[] {
  if (pod.spec.hostNetwork) return sandboxes.length > 0 ? hostIPs : [];
  const { ips = [] } = currentSandbox(sandboxes) ?? newestSandbox(sandboxes) ?? {};
  return ips.length > 0 ? ips : (pod.status?.podIPs ?? []).map(({ ip }) => ip);
}
