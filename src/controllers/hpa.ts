import type { Scale } from "#api/autoscaling/v1/scale.ts";
import {
  type HorizontalPodAutoscaler,
  type HorizontalPodAutoscalerStatus,
  HorizontalPodAutoscalers,
} from "#api/autoscaling/v2/horizontal-pod-autoscaler.ts";
import { Pods } from "#api/core/v1/pod.ts";
import { matches, parseLabelSelector } from "#api/meta/selector.ts";
import { timestamp } from "#api/meta/time.ts";
import type { Resource } from "#api/resource.ts";
import type { ControllerDefinition, ReconcileContext } from "#controller/controller.ts";
import { groupOf } from "#controller/owners.ts";
import {
  ableToScale,
  type Judgement,
  MetricFailure,
  planScale,
  propose,
  tolerancesOf,
  withWishes,
} from "./hpa.plan.ts";
import { noteChange, type ScalingMemory } from "./hpa-limits.plan.ts";
import type { PodUsage } from "./hpa-replicas.plan.ts";
import { messageOf } from "./pod-control.ts";
import { type PodMetricsSource, podMetrics } from "./pod-metrics.ts";
import { sameStatus } from "./status.ts";

export interface HpaOptions {
  /** All kinds that the server knows: whichever has a scale can be scaled. */
  readonly resources: () => readonly Resource[];
  /** The figures of metrics.k8s.io when missing. */
  readonly metrics?: PodMetricsSource | undefined;
  /** How often each autoscaler is looked at. */
  readonly periodMs?: number;
}

const defaultPeriodMs = 15_000;

interface Remembered {
  readonly uid: string;
  readonly memory: ScalingMemory;
  looked: { readonly at: number; readonly generation: number } | undefined;
}

/** Changes how many pods an object runs by what its pods use. */
export function hpaController(options: HpaOptions): ControllerDefinition<typeof HorizontalPodAutoscalers> {
  const { periodMs = defaultPeriodMs } = options;
  const known = new Map<string, Remembered>();
  return {
    name: "horizontal-pod-autoscaler",
    for: HorizontalPodAutoscalers,
    reads: [Pods],

    async reconcile(key, context) {
      const { cache, clock } = context;
      const id = `${key.namespace}/${key.name}`;
      const autoscaler = cache.find(HorizontalPodAutoscalers, key);
      if (!autoscaler || autoscaler.metadata.deletionTimestamp) {
        known.delete(id);
        return;
      }
      const { uid, generation = 0 } = autoscaler.metadata;
      let own = known.get(id);
      if (own?.uid !== uid) {
        own = { uid, memory: { recommendations: [], ups: [], downs: [] }, looked: undefined };
        known.set(id, own);
      }
      const now = clock.now();
      // its own writes wake it as well; figures are no fresher for that
      const rest = own.looked?.generation === generation ? own.looked.at + periodMs - now : 0;
      if (rest > 0) return { again: rest };
      own.looked = { at: now, generation };
      await look(autoscaler, own.memory, options, context);
      return { again: periodMs };
    },
  };
}

interface Target {
  readonly resource: Resource;
  readonly scale: Scale;
}

async function look(
  autoscaler: HorizontalPodAutoscaler,
  memory: ScalingMemory,
  options: HpaOptions,
  context: ReconcileContext,
): Promise<void> {
  const { clock, events } = context;
  const now = clock.now();
  let target: Target;
  try {
    target = await readScale(autoscaler, options, context);
  } catch (error) {
    events.event(autoscaler, "Warning", "FailedGetScale", messageOf(error));
    const message = `the HPA controller was unable to get the target's current scale: ${messageOf(error)}`;
    const conditions = withWishes(
      autoscaler.status?.conditions ?? [],
      [ableToScale(false, "FailedGetScale", message)],
      now,
    );
    return tell(autoscaler, { ...(autoscaler.status ?? { desiredReplicas: 0 }), conditions }, context);
  }
  const current = target.scale.spec?.replicas ?? 0;
  // what was there before the first look is not undone before the past has shown that less is enough
  if (memory.recommendations.length === 0) memory.recommendations.push({ at: now, replicas: current });
  const judgement = await judge(autoscaler, target, options, context);
  const plan = planScale(autoscaler, current, () => judgement, { memory, now });
  const message = "the HPA controller was able to get the target's current scale";
  const wishes = [ableToScale(true, "SucceededGetScale", message), ...plan.conditions];
  let lastScaleTime = autoscaler.status?.lastScaleTime;
  let desired = plan.problem === undefined ? plan.desired : current;
  if (plan.problem !== undefined) {
    const [failure] = judgement.failures;
    if (failure) events.event(autoscaler, "Warning", failure.reason, failure.message);
    events.event(autoscaler, "Warning", "FailedComputeMetricsReplicas", plan.problem);
  } else if (desired !== current) {
    const news = `New size: ${desired}; reason: ${plan.reason}`;
    try {
      await writeScale(target, desired, context);
      events.event(autoscaler, "Normal", "SuccessfulRescale", news);
      noteChange(memory, current, desired, now);
      lastScaleTime = timestamp(now);
      wishes.push(
        ableToScale(true, "SucceededRescale", `the HPA controller was able to update the target scale to ${desired}`),
      );
    } catch (error) {
      events.event(autoscaler, "Warning", "FailedRescale", `${news}; error: ${messageOf(error)}`);
      const why = `the HPA controller was unable to update the target scale: ${messageOf(error)}`;
      wishes.push(ableToScale(false, "FailedUpdateScale", why));
      desired = current;
    }
  }
  const currentMetrics = judgement.proposals.map(({ status }) => status);
  await tell(
    autoscaler,
    {
      currentReplicas: target.scale.status?.replicas ?? 0,
      desiredReplicas: desired,
      ...(currentMetrics.length > 0 && { currentMetrics }),
      ...(lastScaleTime && { lastScaleTime }),
      conditions: withWishes(autoscaler.status?.conditions ?? [], wishes, now),
    },
    context,
  );
}

async function tell(
  autoscaler: HorizontalPodAutoscaler,
  status: HorizontalPodAutoscalerStatus,
  { client }: ReconcileContext,
): Promise<void> {
  if (sameStatus(autoscaler.status, status)) return;
  await client.updateStatus(HorizontalPodAutoscalers, { ...autoscaler, status });
}

async function readScale(
  { metadata: { namespace }, spec }: HorizontalPodAutoscaler,
  { resources }: HpaOptions,
  { client }: ReconcileContext,
): Promise<Target> {
  const { apiVersion = "", kind, name } = spec.scaleTargetRef;
  const group = groupOf(apiVersion);
  const resource = resources().find((each) => each.group === group && each.kind === kind);
  if (!resource) throw new Error(`no matches for kind "${kind}" in group "${group}"`);
  if (!resource.subresources.includes("scale")) throw new Error("the server could not find the requested resource");
  return { resource, scale: (await client.getSub(resource, { namespace, name }, "scale")) as Scale };
}

async function writeScale({ resource, scale }: Target, replicas: number, { client }: ReconcileContext): Promise<void> {
  const body = { metadata: { resourceVersion: scale.metadata.resourceVersion }, spec: { replicas } };
  await client.patch(resource, scale.metadata, { type: "merge", body }, { subresource: "scale" });
}

async function judge(
  autoscaler: HorizontalPodAutoscaler,
  { scale }: Target,
  { metrics: given }: HpaOptions,
  { cache, client, clock }: ReconcileContext,
): Promise<Judgement> {
  const { namespace = "" } = autoscaler.metadata;
  const text = scale.status?.selector ?? "";
  const selector = parseLabelSelector(text);
  const pods = cache.all(Pods, namespace).filter(({ metadata }) => matches(selector, metadata.labels));
  let usage: ReadonlyMap<string, PodUsage> = new Map();
  let unknown: string | undefined;
  try {
    usage = await (given ?? podMetrics(client)).of(namespace, text);
  } catch (error) {
    unknown = messageOf(error);
  }
  const question = {
    pods,
    usage,
    current: scale.spec?.replicas ?? 0,
    tolerances: tolerancesOf(autoscaler),
    now: clock.now(),
  };
  const judgement = { proposals: [] as Judgement["proposals"][number][], failures: [] as MetricFailure[] };
  for (const metric of autoscaler.spec.metrics ?? []) {
    try {
      const source = metric.resource ?? metric.containerResource;
      if (unknown !== undefined && source) throw unmeasured(source.name, unknown);
      judgement.proposals.push(propose(metric, question));
    } catch (error) {
      if (!(error instanceof MetricFailure)) throw error;
      judgement.failures.push(error);
    }
  }
  return judgement;
}

const unmeasured = (resource: string, why: string) =>
  new MetricFailure(
    "FailedGetResourceMetric",
    `failed to get ${resource} utilization: unable to get metrics for resource ${resource}: ${why}`,
  );
