import type { Deployment, DeploymentCondition, DeploymentStatus } from "#api/apps/v1/deployment.ts";
import type { ReplicaSet } from "#api/apps/v1/replica-set.ts";
import { parseTime, timestamp } from "#api/meta/time.ts";
import { maxUnavailable, progressDeadline, replicasOf } from "./deployment-limits.ts";
import { withoutZeros } from "./status.ts";

type Conditions = readonly DeploymentCondition[];

const reasons = {
  created: "NewReplicaSetCreated",
  createFailed: "ReplicaSetCreateError",
  found: "FoundNewReplicaSet",
  updated: "ReplicaSetUpdated",
  complete: "NewReplicaSetAvailable",
  timedOut: "ProgressDeadlineExceeded",
  paused: "DeploymentPaused",
  resumed: "DeploymentResumed",
} as const;

/** What happened to the set of the current template in this round. */
export type NewSetNews =
  | { readonly kind: "created" | "found"; readonly name: string }
  | { readonly kind: "createFailed"; readonly name: string; readonly message: string };

export interface StatusInput {
  readonly deployment: Deployment;
  readonly newSet: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
  readonly news?: NewSetNews | undefined;
  /** Only numbers and availability: paused, or a change of size is being carried out. */
  readonly sizeOnly?: boolean;
  readonly collisionCount?: number | undefined;
  readonly now: number;
}

export interface StatusPlan {
  readonly status: DeploymentStatus;
  /** Milliseconds until the deadline for progress passes, while one runs. */
  readonly again: number | undefined;
}

/** The status that follows from the sets, in Kubernetes' terms: clients wait for exactly these reasons. */
export function planStatus(input: StatusInput): StatusPlan {
  const { deployment, newSet, old, news, sizeOnly, now } = input;
  const all = newSet ? [...old, newSet] : old;
  const counts = countReplicas(newSet, all);
  let conditions: Conditions = deployment.status?.conditions ?? [];
  conditions = withPause(conditions, deployment, now);
  if (news) conditions = withNews(conditions, deployment, news, now);
  conditions = setCondition(conditions, availability(deployment, counts), now);
  if (!sizeOnly) {
    conditions = withProgress(conditions, { deployment, newSet, counts, now });
    conditions = withFailure(conditions, newSet ? [newSet, ...old] : old, now);
  }
  const collisionCount = input.collisionCount ?? deployment.status?.collisionCount;
  const { terminatingReplicas, ...others } = counts;
  const status: DeploymentStatus = {
    ...withoutZeros(others),
    terminatingReplicas,
    observedGeneration: deployment.metadata.generation ?? 0,
    ...(conditions.length > 0 && { conditions: [...conditions] }),
    ...(collisionCount && { collisionCount }),
  };
  return { status, again: sizeOnly ? undefined : untilDeadline(deployment, status, now) };
}

type Counts = Required<
  Pick<
    DeploymentStatus,
    | "replicas"
    | "updatedReplicas"
    | "readyReplicas"
    | "availableReplicas"
    | "unavailableReplicas"
    | "terminatingReplicas"
  >
>;

function countReplicas(newSet: ReplicaSet | undefined, all: readonly ReplicaSet[]): Counts {
  const sum = (count: (rs: ReplicaSet) => number | undefined) => all.reduce((total, rs) => total + (count(rs) ?? 0), 0);
  const availableReplicas = sum((rs) => rs.status?.availableReplicas);
  return {
    replicas: sum((rs) => rs.status?.replicas),
    updatedReplicas: newSet?.status?.replicas ?? 0,
    readyReplicas: sum((rs) => rs.status?.readyReplicas),
    availableReplicas,
    unavailableReplicas: Math.max(sum(replicasOf) - availableReplicas, 0),
    terminatingReplicas: sum((rs) => rs.status?.terminatingReplicas),
  };
}

export function condition(conditions: Conditions | undefined, type: string): DeploymentCondition | undefined {
  return conditions?.find((each) => each.type === type);
}

interface Said {
  readonly type: "Available" | "Progressing" | "ReplicaFailure";
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
}

/** The same status for the same reason is left as it is: its times say since when. `renew` counts it as news even so. */
function setCondition(conditions: Conditions, said: Said, now: number, options: { renew?: boolean } = {}): Conditions {
  const known = condition(conditions, said.type);
  if (!options.renew && known?.status === said.status && known.reason === said.reason) return conditions;
  const time = timestamp(now);
  const lastTransitionTime = known?.status === said.status ? (known.lastTransitionTime ?? time) : time;
  return [...conditions.filter((each) => each !== known), { ...said, lastUpdateTime: time, lastTransitionTime }];
}

const progressing = (status: Said["status"], reason: string, message: string): Said => ({
  type: "Progressing",
  status,
  reason,
  message,
});

function withPause(conditions: Conditions, deployment: Deployment, now: number): Conditions {
  const reason = condition(conditions, "Progressing")?.reason;
  if (progressDeadline(deployment) === undefined || reason === reasons.timedOut) return conditions;
  if (deployment.spec.paused && reason !== reasons.paused) {
    return setCondition(conditions, progressing("Unknown", reasons.paused, "Deployment is paused"), now);
  }
  if (!deployment.spec.paused && reason === reasons.paused) {
    return setCondition(conditions, progressing("Unknown", reasons.resumed, "Deployment is resumed"), now);
  }
  return conditions;
}

function withNews(conditions: Conditions, deployment: Deployment, news: NewSetNews, now: number): Conditions {
  if (progressDeadline(deployment) === undefined) return conditions;
  switch (news.kind) {
    case "created":
      return setCondition(
        conditions,
        progressing("True", reasons.created, `Created new replica set "${news.name}"`),
        now,
      );
    case "found":
      if (condition(conditions, "Progressing")) return conditions;
      return setCondition(conditions, progressing("True", reasons.found, `Found new replica set "${news.name}"`), now);
    case "createFailed": {
      const message = `Failed to create new replica set "${news.name}": ${news.message}`;
      return setCondition(conditions, progressing("False", reasons.createFailed, message), now);
    }
  }
}

function availability(deployment: Deployment, { availableReplicas }: Counts): Said {
  return availableReplicas >= replicasOf(deployment) - maxUnavailable(deployment)
    ? {
        type: "Available",
        status: "True",
        reason: "MinimumReplicasAvailable",
        message: "Deployment has minimum availability.",
      }
    : {
        type: "Available",
        status: "False",
        reason: "MinimumReplicasUnavailable",
        message: "Deployment does not have minimum availability.",
      };
}

interface ProgressInput {
  readonly deployment: Deployment;
  readonly newSet: ReplicaSet | undefined;
  readonly counts: Counts;
  readonly now: number;
}

function withProgress(conditions: Conditions, { deployment, newSet, counts, now }: ProgressInput): Conditions {
  if (progressDeadline(deployment) === undefined) return conditions.filter(({ type }) => type !== "Progressing");
  const known = condition(conditions, "Progressing");
  if (counts.replicas === counts.updatedReplicas && known?.reason === reasons.complete) return conditions;
  const subject = newSet ? `ReplicaSet "${newSet.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  if (isComplete(deployment, counts)) {
    return setCondition(
      conditions,
      progressing("True", reasons.complete, `${subject} has successfully progressed.`),
      now,
    );
  }
  if (hasProgressed(deployment.status, counts)) {
    return setCondition(conditions, progressing("True", reasons.updated, `${subject} is progressing.`), now, {
      renew: true,
    });
  }
  if (hasTimedOut(deployment, known, now)) {
    return setCondition(
      conditions,
      progressing("False", reasons.timedOut, `${subject} has timed out progressing.`),
      now,
    );
  }
  return conditions;
}

export function isComplete(deployment: Deployment, counts: Counts | DeploymentStatus): boolean {
  const wanted = replicasOf(deployment);
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0 } = counts;
  return updatedReplicas === wanted && replicas === wanted && availableReplicas === wanted;
}

function hasProgressed(before: DeploymentStatus | undefined, counts: Counts): boolean {
  const { updatedReplicas = 0, replicas = 0, readyReplicas = 0, availableReplicas = 0 } = before ?? {};
  return (
    counts.updatedReplicas > updatedReplicas ||
    counts.replicas - counts.updatedReplicas < replicas - updatedReplicas ||
    counts.readyReplicas > readyReplicas ||
    counts.availableReplicas > availableReplicas
  );
}

function hasTimedOut(deployment: Deployment, known: DeploymentCondition | undefined, now: number): boolean {
  if (!known || known.reason === reasons.complete) return false;
  if (known.reason === reasons.timedOut) return true;
  return parseTime(known.lastUpdateTime) + (progressDeadline(deployment) ?? Number.NaN) * 1000 < now;
}

/** Whoever fails to make pods says so; the set of the current template is heard first. */
function withFailure(conditions: Conditions, sets: readonly ReplicaSet[], now: number): Conditions {
  const failure = sets.flatMap((rs) => rs.status?.conditions ?? []).find(({ type }) => type === "ReplicaFailure");
  if (!failure) return conditions.filter(({ type }) => type !== "ReplicaFailure");
  const { status, reason = "", message = "" } = failure;
  return setCondition(conditions, { type: "ReplicaFailure", status: status as Said["status"], reason, message }, now);
}

/** One second more than the deadline, as times are told in whole seconds. */
function untilDeadline(deployment: Deployment, status: DeploymentStatus, now: number): number | undefined {
  const deadline = progressDeadline(deployment);
  const known = condition(status.conditions, "Progressing");
  if (deadline === undefined || !known) return undefined;
  if (known.reason === reasons.timedOut || isComplete(deployment, status)) return undefined;
  return Math.max(parseTime(known.lastUpdateTime) + (deadline + 1) * 1000 - now, 1000);
}
