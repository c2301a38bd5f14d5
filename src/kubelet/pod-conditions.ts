import type { Pod } from "#api/core/v1/pod.ts";
import type { ContainerStatus, PodCondition } from "#api/core/v1/pod-status.ts";
import { timestamp } from "#api/meta/time.ts";
import type { Phase } from "./pod-phase.ts";

export interface ConditionFacts {
  readonly pod: Pod;
  readonly phase: Phase;
  readonly init: readonly ContainerStatus[];
  readonly containers: readonly ContainerStatus[];
  readonly networkReady: boolean;
  readonly now: number;
}

type Finding = Pick<PodCondition, "type" | "status"> & { reason?: string; message?: string };

/** The conditions a kubelet owns, in the order in which it lists them; a transition time changes with the status only. */
export function podConditions(facts: ConditionFacts, previous: readonly PodCondition[]): PodCondition[] {
  const containersReady = readiness(facts, "ContainersReady");
  const findings: Finding[] = [
    { type: "PodReadyToStartContainers", status: facts.networkReady ? "True" : "False" },
    initialized(facts),
    ready(facts, containersReady, previous),
    containersReady,
    { type: "PodScheduled", status: "True" },
  ];
  const { generation } = facts.pod.metadata;
  return findings.map((finding) => {
    const before = previous.find(({ type }) => type === finding.type);
    const kept = before?.status === finding.status ? before.lastTransitionTime : undefined;
    return {
      type: finding.type,
      ...(generation !== undefined && { observedGeneration: generation }),
      status: finding.status,
      lastTransitionTime: kept ?? timestamp(facts.now),
      ...(finding.reason && { reason: finding.reason }),
      ...(finding.message && { message: finding.message }),
    };
  });
}

function initialized({ pod, phase, init }: ConditionFacts): Finding {
  const type = "Initialized";
  if (phase === "Succeeded") return { type, status: "True", reason: "PodCompleted" };
  const sidecars = new Set(
    pod.spec.initContainers?.filter((c) => c.restartPolicy === "Always").map(({ name }) => name),
  );
  const incomplete = init.filter((status) => !(sidecars.has(status.name) ? status.started : status.ready));
  const begun = phase === "Running" || phase === "Failed";
  if (incomplete.length === 0 || (begun && incomplete.every(({ name }) => sidecars.has(name))))
    return { type, status: "True" };
  return {
    type,
    status: "False",
    reason: "ContainersNotInitialized",
    message: `containers with incomplete status: ${names(incomplete)}`,
  };
}

function readiness({ pod, phase, containers, init }: ConditionFacts, type: string): Finding {
  if (phase === "Succeeded") return { type, status: "False", reason: "PodCompleted" };
  if (phase === "Failed") return { type, status: "False", reason: "PodFailed" };
  const sidecars = init.filter(
    ({ name }) => pod.spec.initContainers?.find((c) => c.name === name)?.restartPolicy === "Always",
  );
  const unready = [...sidecars, ...containers].filter((status) =>
    sidecars.includes(status) ? !status.started : !status.ready,
  );
  if (unready.length === 0) return { type, status: "True" };
  return {
    type,
    status: "False",
    reason: "ContainersNotReady",
    message: `containers with unready status: ${names(unready)}`,
  };
}

function ready({ pod }: ConditionFacts, containersReady: Finding, previous: readonly PodCondition[]): Finding {
  const type = "Ready";
  if (containersReady.status !== "True") return { ...containersReady, type };
  const problems = (pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const gate = previous.find((condition) => condition.type === conditionType);
    if (!gate) return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    if (gate.status === "True") return [];
    return [`the status of pod readiness gate "${conditionType}" is not "True", but ${gate.status}`];
  });
  if (problems.length === 0) return { type, status: "True" };
  return { type, status: "False", reason: "ReadinessGatesNotReady", message: problems.join(", ") };
}

const names = (statuses: readonly ContainerStatus[]) => `[${statuses.map(({ name }) => name).join(" ")}]`;
