import type { Event } from "#api/core/v1/event.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import type { ContainerStatus } from "#api/core/v1/pod-status.ts";
import { humanDuration } from "#api/meta/human-duration.ts";
import { parseTime } from "#api/meta/time.ts";
import { parseDuration } from "#schema/duration.ts";
import { exitMeaning } from "./exit-meaning.ts";

export interface PodFacts {
  readonly namespace: string;
  readonly name: string;
  /** `undefined` when there is none (any more). */
  readonly pod: Pod | undefined;
  /** About the pod, the oldest first. */
  readonly events: readonly Event[];
  /** Why each node cannot take the pod, of those that cannot; empty lists are nodes that can. */
  readonly nodes: ReadonlyMap<string, readonly string[]>;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What is the matter with a pod, line by line, for people; the first line is the answer. */
export function whyPod(facts: PodFacts): string[] {
  const { pod, namespace, name } = facts;
  if (!pod) return gone(facts);
  const shown = `Pod ${namespace}/${name}`;
  const leaving = pod.metadata.deletionTimestamp ? terminating(pod, facts) : [];
  if (leaving.length > 0) return [`${shown} is being removed.`, ...leaving];
  const { phase, reason, message } = pod.status ?? {};
  if (phase === "Succeeded") return [`${shown} has done its work: all of its containers ended without error.`];
  if (phase === "Failed") {
    const why = reason ? `: ${reason}${message ? `, ${message}` : ""}` : "";
    return [`${shown} has failed for good${why}.`, ...containers(pod, facts)];
  }
  if (!pod.spec.nodeName) return [`${shown} has no node yet.`, ...pending(pod, facts)];
  const troubles = [...volumes(pod, facts), ...containers(pod, facts), ...unready(pod, facts)];
  const where = `on node ${pod.spec.nodeName}`;
  if (troubles.length > 0) {
    const running = phase === "Running" ? "is not well" : "is not running yet";
    return [`${shown} ${running} (${where}).`, ...troubles];
  }
  if (isReady(pod)) return [`${shown} runs and is ready (${where}).`, ...restarts(pod, facts)];
  return [`${shown} is being started ${where}.`, ...lastWords(facts)];
}

function gone({ namespace, name, events, now }: PodFacts): string[] {
  const first = `There is no pod ${name} in namespace ${namespace}.`;
  if (events.length === 0) return [first, "Nothing is remembered of it either: is it another name or namespace?"];
  const reasons: Readonly<Record<string, string>> = {
    Preempted: "It made room for a more important pod.",
    Evicted: "Its node ran short of something and removed it.",
    TaintManagerEviction: "A taint of its node, as of a node that is lost, drove it away.",
    Killing: "Its containers were stopped, because somebody deleted it or what it belonged to.",
  };
  // whoever decided says more than the kubelet, who only carries it out
  const known =
    events.findLast(({ reason = "" }) => reason in reasons && reason !== "Killing") ??
    events.findLast(({ reason }) => reason === "Killing");
  return [
    first,
    ...(known ? [reasons[known.reason ?? ""] ?? ""] : []),
    "What happened to it last:",
    ...told(events.slice(-5), now),
  ];
}

const told = (events: readonly Event[], now: number): string[] =>
  events.map((event) => `  ${ago(event.lastTimestamp ?? event.eventTime, now)}${event.reason}: ${event.message}`);

function ago(time: string | undefined, now: number): string {
  return time === undefined ? "" : `${humanDuration(now - parseTime(time))} ago  `;
}

function terminating({ metadata, spec }: Pod, { now }: PodFacts): string[] {
  const overdue = now - parseTime(metadata.deletionTimestamp);
  const finalizers = metadata.finalizers ?? [];
  if (finalizers.length > 0) return [`  It stays until somebody takes away its finalizers: ${finalizers.join(", ")}.`];
  if (overdue < 0) return [`  Its containers have ${humanDuration(-overdue)} left to end by themselves.`];
  return [
    `  Its containers should have ended ${humanDuration(overdue)} ago. Does node ${spec.nodeName} answer? (minik8s get node ${spec.nodeName})`,
  ];
}

function pending({ spec, status }: Pod, { nodes, events, now }: PodFacts): string[] {
  const gates = (spec.schedulingGates ?? []).map(({ name }) => name);
  if (gates.length > 0) return [`  It is held back by scheduling gates: ${gates.join(", ")}.`];
  const scheduler = spec.schedulerName ?? "default-scheduler";
  if (scheduler !== "default-scheduler") return [`  It waits for a scheduler named ${scheduler}: is there one?`];
  if (nodes.size === 0) return ["  There is no node at all in this cluster."];
  const able = [...nodes].filter(([, reasons]) => reasons.length === 0).map(([name]) => name);
  const lines = [...nodes].map(([name, reasons]) => `  ${name}: ${reasons.join("; ") || "could take it"}`);
  const { nominatedNodeName } = status ?? {};
  if (nominatedNodeName)
    lines.unshift(`  Less important pods are being removed from ${nominatedNodeName} to make room for it.`);
  if (able.length === 0) return ["  No node can take it:", ...lines];
  const last = events.findLast(({ reason }) => reason === "FailedScheduling");
  const before = last ? [`  ${ago(last.lastTimestamp ?? last.eventTime, now)}it was: ${last.message}`] : [];
  return [
    `  ${able.length} of ${nodes.size} nodes could take it now, so it should be placed at any moment.`,
    ...before,
  ];
}

/** Volumes that cannot be made hold up all containers. */
function volumes(pod: Pod, { events, now }: PodFacts): string[] {
  const waiting = statusesOf(pod).some(({ state }) =>
    /^(ContainerCreating|PodInitializing)$/.test(state?.waiting?.reason ?? ""),
  );
  const failed = events.findLast(({ reason = "" }) => /^Failed(Mount|AttachVolume|CreatePodSandBox)$/.test(reason));
  if (!waiting || !failed) return [];
  const what = failed.reason === "FailedCreatePodSandBox" ? "Its network or sandbox" : "A volume";
  return [`  ${what} cannot be made: ${failed.message} (${ago(failed.lastTimestamp, now).trim()})`];
}

const statusesOf = ({ status }: Pod): ContainerStatus[] => [
  ...(status?.initContainerStatuses ?? []),
  ...(status?.containerStatuses ?? []),
];

const containers = (pod: Pod, facts: PodFacts): string[] =>
  statusesOf(pod).flatMap((status) => containerTrouble(status, pod, facts));

const imageReasons = /^(ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull|RegistryUnavailable)$/;

function containerTrouble({ name, image, state, lastState, restartCount }: ContainerStatus, pod: Pod, facts: PodFacts) {
  const { waiting, terminated } = state ?? {};
  const init = (pod.status?.initContainerStatuses ?? []).some((status) => status.name === name);
  const shown = `${init ? "Init container" : "Container"} ${name}`;
  const { reason = "", message = "" } = waiting ?? {};
  if (imageReasons.test(reason)) return [`  ${shown}: ${imageTrouble(reason, message, image)}`];
  if (reason === "CrashLoopBackOff") {
    const end = lastState?.terminated;
    const again = backOffEnd(message, end?.finishedAt);
    const when = again === undefined ? "" : `, the next start is in ${humanDuration(Math.max(0, again - facts.now))}`;
    const ended = end ? ` It ended with ${exitMeaning(end)}.` : "";
    return [
      `  ${shown} fails again and again (${restartCount} restarts)${when}.${ended}`,
      `    See what it said: minik8s logs ${pod.metadata.name} -c ${name} --previous`,
    ];
  }
  if (/^Create|^Run|Error$/.test(reason)) return [`  ${shown} cannot be started: ${message || reason}`];
  if (terminated && (terminated.exitCode !== 0 || pod.status?.phase === "Failed")) {
    return terminated.exitCode === 0 ? [] : [`  ${shown} ended with ${exitMeaning(terminated)}.`];
  }
  return [];
}

function imageTrouble(reason: string, message: string, image: string): string {
  if (reason === "InvalidImageName") return `"${image}" is no name that an image can have.`;
  if (reason === "ErrImageNeverPull")
    return `image ${image} is not on the node, and imagePullPolicy Never forbids to pull it (minik8s image load).`;
  const cause = [
    [/no such host|lookup/i, "its registry's name is not known"],
    [/connection refused|timeout|no route|unreachable/i, "its registry does not answer"],
    [/unauthorized|authentication|forbidden|denied/i, "its registry wants credentials (imagePullSecrets)"],
    [/not found|manifest unknown/i, "its registry has no such image or tag"],
  ].find(([pattern]) => (pattern as RegExp).test(message))?.[1];
  const again = reason === "ImagePullBackOff" ? " It is tried again, more and more seldom." : "";
  return `image ${image} cannot be pulled${cause ? `: ${cause}` : ""}.${again}${message ? `\n    ${message}` : ""}`;
}

/** The message names how long the back-off is; it counts from the end of the container. */
function backOffEnd(message: string, finishedAt: string | undefined): number | undefined {
  const [, text] = /back-off ([\dhms.]+) restarting/.exec(message) ?? [];
  if (text === undefined || finishedAt === undefined) return undefined;
  return parseTime(finishedAt) + Number(parseDuration(text) / 1_000_000n);
}

const conditionOf = ({ status }: Pod, type: string) => status?.conditions?.find((each) => each.type === type);
const isReady = (pod: Pod) => conditionOf(pod, "Ready")?.status === "True";

/** Containers that run, but do not say that they are ready. */
function unready(pod: Pod, { events, now }: PodFacts): string[] {
  if (isReady(pod)) return [];
  const specs = new Map((pod.spec.containers ?? []).map((spec) => [spec.name, spec]));
  const lines = (pod.status?.containerStatuses ?? []).flatMap(({ name, ready, started, state }) => {
    const since = state?.running?.startedAt;
    if (!since || ready) return [];
    const spec = specs.get(name);
    const probe = spec?.startupProbe && !started ? "startup" : spec?.readinessProbe ? "readiness" : undefined;
    const runs = `  Container ${name} has been running for ${humanDuration(now - parseTime(since))}`;
    if (!probe) return [`${runs} and is about to be ready.`];
    const said = events.findLast(
      ({ reason, message = "" }) => reason === "Unhealthy" && message.toLowerCase().startsWith(probe),
    );
    return [`${runs}, but its ${probe} probe has not succeeded yet.`, ...(said ? [`    ${said.message}`] : [])];
  });
  const gates = (pod.spec.readinessGates ?? []).filter(
    ({ conditionType }) => conditionOf(pod, conditionType)?.status !== "True",
  );
  return [...lines, ...gates.map(({ conditionType }) => `  Somebody must set its condition ${conditionType} to True.`)];
}

function restarts(pod: Pod, { now }: PodFacts): string[] {
  return statusesOf(pod).flatMap(({ name, restartCount, lastState }) => {
    const end = lastState?.terminated;
    if (restartCount === 0 || !end) return [];
    return [
      `  Container ${name} was restarted ${restartCount} times; ${ago(end.finishedAt, now).trim()} it ended with ${exitMeaning(end)}.`,
    ];
  });
}

const lastWords = ({ events, now }: PodFacts): string[] => told(events.slice(-2), now);
