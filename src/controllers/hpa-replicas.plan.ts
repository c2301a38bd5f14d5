import type { Pod } from "#api/core/v1/pod.ts";
import { parseTime } from "#api/meta/time.ts";
import { quantityMilliValue } from "#schema/quantity.ts";
import { podCondition } from "./pods.ts";

/** What the containers of a pod used, by container and resource, in thousandths of cores or bytes. */
export interface PodUsage {
  /** When it was measured, in milliseconds since the epoch, and over how long. */
  readonly at: number;
  readonly windowMs: number;
  readonly containers: ReadonlyMap<string, Readonly<Record<string, number>>>;
}

export interface Tolerances {
  readonly up: number;
  readonly down: number;
}

export interface Question {
  readonly resource: string;
  /** Only this container of each pod counts. */
  readonly container?: string | undefined;
  readonly pods: readonly Pod[];
  /** By the name of the pod. */
  readonly usage: ReadonlyMap<string, PodUsage>;
  readonly current: number;
  readonly tolerances: Tolerances;
  readonly now: number;
}

export interface Answer {
  readonly replicas: number;
  /** In percent of the requests; missing when the target is a value. */
  readonly utilization?: number;
  /** Mean over the pods that were measured, in thousandths. */
  readonly average: number;
}

/** What a young pod uses of CPU says more about its start than about its work. */
const cpuInitializationMs = 5 * 60_000;
const initialReadinessMs = 30_000;

interface Groups {
  readonly ready: number;
  readonly unready: readonly Pod[];
  readonly missing: readonly Pod[];
  readonly metrics: Map<string, number>;
}

/** @param percent the mean use to aim at, of what the pods request. Throws Error that says what is unknown. */
export function replicasForUtilization(question: Question, percent: number): Answer {
  const { resource, container, pods, current } = question;
  const groups = grouped(question);
  const requests = new Map(pods.map((pod) => [pod.metadata.name, requestOf(pod, resource, container)]));
  if (groups.metrics.size === 0) throw new Error("did not receive metrics for targeted pods (pods might be unready)");
  const measure = (metrics: ReadonlyMap<string, number>) => utilization(metrics, requests, percent);
  const { ratio, used, average } = measure(groups.metrics);
  // who does not tell is taken to use all of its request when that keeps pods, and nothing when it would add some
  const atMost = ({ metadata }: Pod) => ((requests.get(metadata.name) ?? 0) * Math.max(100, percent)) / 100;
  const replicas = wanted({ ...question, current }, groups, { ratio, atMost, measure: (m) => measure(m).ratio });
  return { replicas, utilization: used, average };
}

/** @param target the mean to aim at, in thousandths. Throws Error that says what is unknown. */
export function replicasForValue(question: Question, target: number): Answer {
  const groups = grouped(question);
  if (groups.metrics.size === 0) throw new Error("did not receive metrics for targeted pods (pods might be unready)");
  const mean = (metrics: ReadonlyMap<string, number>) => Math.trunc(sum(metrics.values()) / metrics.size);
  const average = mean(groups.metrics);
  const measure = (metrics: ReadonlyMap<string, number>) => mean(metrics) / target;
  return { replicas: wanted(question, groups, { ratio: average / target, atMost: () => target, measure }), average };
}

interface Measured {
  readonly ratio: number;
  atMost(pod: Pod): number;
  measure(metrics: ReadonlyMap<string, number>): number;
}

function wanted({ current, tolerances }: Question, groups: Groups, { ratio, atMost, measure }: Measured): number {
  const { unready, missing, ready } = groups;
  const upWithUnready = unready.length > 0 && ratio > 1;
  if (!upWithUnready && missing.length === 0) {
    return isTolerated(ratio, tolerances) ? current : Math.ceil(rounded(ratio * ready));
  }
  const metrics = new Map(groups.metrics);
  if (ratio < 1) for (const pod of missing) metrics.set(pod.metadata.name, atMost(pod));
  if (ratio > 1) for (const pod of missing) metrics.set(pod.metadata.name, 0);
  if (upWithUnready) for (const pod of unready) metrics.set(pod.metadata.name, 0);
  const careful = measure(metrics);
  const turned = (ratio < 1 && careful > 1) || (ratio > 1 && careful < 1);
  if (isTolerated(careful, tolerances) || turned) return current;
  const replicas = Math.ceil(rounded(careful * metrics.size));
  const against = (careful < 1 && replicas > current) || (careful > 1 && replicas < current);
  return against ? current : replicas;
}

const isTolerated = (ratio: number, { up, down }: Tolerances) => 1 - down <= ratio && ratio <= 1 + up;
/** A product that is a whole number but for the error of floating point is that number. */
const rounded = (value: number) => Math.round(value * 1e9) / 1e9;
const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);

function utilization(metrics: ReadonlyMap<string, number>, requests: ReadonlyMap<string, number>, percent: number) {
  let [used, requested, count] = [0, 0, 0];
  for (const [name, value] of metrics) {
    const request = requests.get(name);
    if (request === undefined) continue;
    used += value;
    requested += request;
    count++;
  }
  if (requested === 0) throw new Error("no metrics returned matched known pods");
  const share = Math.trunc((used * 100) / requested);
  return { ratio: share / percent, used: share, average: Math.trunc(used / count) };
}

function grouped(question: Question): Groups {
  const { pods, usage } = question;
  const [unready, missing]: [Pod[], Pod[]] = [[], []];
  const metrics = new Map<string, number>();
  let ready = 0;
  for (const pod of pods) {
    const { phase } = pod.status ?? {};
    if (pod.metadata.deletionTimestamp || phase === "Failed") continue;
    const measured = usage.get(pod.metadata.name);
    const value = measured && usedBy(measured, question);
    if (phase === "Pending") unready.push(pod);
    else if (!measured || value === undefined) missing.push(pod);
    else if (question.resource === "cpu" && isWarmingUp(pod, measured, question.now)) unready.push(pod);
    else {
      ready++;
      metrics.set(pod.metadata.name, value);
    }
  }
  return { ready, unready, missing, metrics };
}

/** Undefined unless every container that counts was measured. */
function usedBy({ containers }: PodUsage, { resource, container }: Question): number | undefined {
  if (container !== undefined) return containers.get(container)?.[resource];
  let total = 0;
  for (const each of containers.values()) {
    const used = each[resource];
    if (used === undefined) return undefined;
    total += used;
  }
  return total;
}

function isWarmingUp(pod: Pod, { at, windowMs }: PodUsage, now: number): boolean {
  const condition = podCondition(pod, "Ready");
  const started = parseTime(pod.status?.startTime);
  if (!condition || Number.isNaN(started)) return true;
  const since = parseTime(condition.lastTransitionTime);
  if (started + cpuInitializationMs > now) return condition.status === "False" || at < since + windowMs;
  return condition.status === "False" && started + initialReadinessMs > since;
}

function requestOf(pod: Pod, resource: string, only: string | undefined): number {
  const staying = (pod.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  const containers = [...(pod.spec.containers ?? []), ...staying];
  const counted = only === undefined ? containers : containers.filter(({ name }) => name === only);
  if (only !== undefined && counted.length === 0) {
    throw new Error(`container ${only} not found in Pod ${pod.metadata.name}`);
  }
  let total = 0;
  for (const { name, resources } of counted) {
    const request = resources?.requests?.[resource];
    if (request === undefined) {
      throw new Error(`missing request for ${resource} in container ${name} of Pod ${pod.metadata.name}`);
    }
    total += quantityMilliValue(request);
  }
  return total;
}
