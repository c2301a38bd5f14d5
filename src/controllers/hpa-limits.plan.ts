import type { HorizontalPodAutoscaler, HPAScalingRules } from "#api/autoscaling/v2/horizontal-pod-autoscaler.ts";

/** What an autoscaler remembers of the past; it starts empty when the controller starts. */
export interface ScalingMemory {
  readonly recommendations: { readonly at: number; readonly replicas: number }[];
  /** How many pods were added and taken away, and when. */
  readonly ups: ScaleEvent[];
  readonly downs: ScaleEvent[];
}

export interface ScaleEvent {
  readonly at: number;
  readonly change: number;
}

/** Why the number is what it is, as the conditions AbleToScale and ScalingLimited tell it. */
export interface Reason {
  readonly limited?: boolean;
  readonly reason: string;
  readonly message: string;
}

export interface Normalized {
  readonly replicas: number;
  readonly stable: Reason;
  readonly limit: Reason;
}

interface Range {
  readonly current: number;
  readonly min: number;
  readonly max: number;
  readonly now: number;
}

const defaultDownWindowMs = 300_000;

const stabilized = (direction: "Up" | "Down"): Reason => {
  const [past, applied] = direction === "Up" ? ["lower", "lowest"] : ["higher", "highest"];
  const message = `recent recommendations were ${past} than current one, applying the ${applied} recent recommendation`;
  return { reason: `Scale${direction}Stabilized`, message };
};
const ready: Reason = { reason: "ReadyForNewScale", message: "recommended size matches current size" };
const within: Reason = {
  limited: false,
  reason: "DesiredWithinRange",
  message: "the desired count is within the acceptable range",
};
const tooFew: Reason = {
  limited: true,
  reason: "TooFewReplicas",
  message: "the desired replica count is less than the minimum replica count",
};
const tooMany: Reason = {
  limited: true,
  reason: "TooManyReplicas",
  message: "the desired replica count is more than the maximum replica count",
};
const tooFast = (direction: "Up" | "Down"): Reason => ({
  limited: true,
  reason: `Scale${direction}Limit`,
  message: `the desired replica count is ${direction === "Up" ? "increasing" : "decreasing"} faster than the maximum scale rate`,
});

/** What may be done of what is desired: the past smooths it, the rates and the bounds limit it. Adds to `memory`. */
export function normalize(
  { spec }: HorizontalPodAutoscaler,
  desired: number,
  range: Range,
  memory: ScalingMemory,
): Normalized {
  return spec.behavior ? withBehavior(spec.behavior, desired, range, memory) : withoutBehavior(desired, range, memory);
}

/** Down only as far as the last five minutes ever asked for; up at most to the double, or to four. */
function withoutBehavior(desired: number, range: Range, memory: ScalingMemory): Normalized {
  const { current, min, max, now } = range;
  const { recommendations } = memory;
  forget(recommendations, now - defaultDownWindowMs);
  const steady = Math.max(desired, ...recommendations.map(({ replicas }) => replicas));
  recommendations.push({ at: now, replicas: desired });
  const stable = steady === desired ? ready : stabilized("Down");
  const limit = Math.max(2 * current, 4);
  const most = Math.min(max, limit);
  if (steady < min) return { replicas: min, stable, limit: tooFew };
  if (steady > most) return { replicas: most, stable, limit: max > limit ? tooFast("Up") : tooMany };
  return { replicas: steady, stable, limit: within };
}

type Behavior = NonNullable<HorizontalPodAutoscaler["spec"]["behavior"]>;

function withBehavior(behavior: Behavior, desired: number, range: Range, memory: ScalingMemory): Normalized {
  const { current, min, max, now } = range;
  const { scaleUp = {}, scaleDown = {} } = behavior;
  const upWindow = (scaleUp.stabilizationWindowSeconds ?? 0) * 1000;
  const downWindow = (scaleDown.stabilizationWindowSeconds ?? defaultDownWindowMs / 1000) * 1000;
  const { recommendations } = memory;
  forget(recommendations, now - Math.max(upWindow, downWindow));
  const recent = (ms: number) => recommendations.filter(({ at }) => at > now - ms).map(({ replicas }) => replicas);
  const lowest = Math.min(desired, ...recent(upWindow));
  const highest = Math.max(desired, ...recent(downWindow));
  recommendations.push({ at: now, replicas: desired });
  const steady = Math.min(Math.max(current, lowest), highest);
  const stable = steady === desired ? ready : stabilized(desired >= current ? "Up" : "Down");
  if (steady > current) {
    const limit = Math.max(upLimit(scaleUp, current, memory, now), current);
    const most = Math.min(max, limit);
    if (steady > most) return { replicas: most, stable, limit: max > limit ? tooFast("Up") : tooMany };
  } else if (steady < current) {
    const limit = Math.min(downLimit(scaleDown, current, memory, now), current);
    const least = Math.max(min, limit);
    if (steady < least) return { replicas: least, stable, limit: min < limit ? tooFast("Down") : tooFew };
  }
  return { replicas: steady, stable, limit: within };
}

function forget(past: { readonly at: number }[], before: number): void {
  const kept = past.filter(({ at }) => at > before);
  past.splice(0, past.length, ...kept);
}

const changed = (events: readonly ScaleEvent[], since: number) =>
  events.filter(({ at }) => at > since).reduce((sum, { change }) => sum + change, 0);

/** How many there were when the period of a policy began. */
const atStart = (current: number, { ups, downs }: ScalingMemory, since: number) =>
  current - changed(ups, since) + changed(downs, since);

function upLimit(
  { policies = [], selectPolicy }: HPAScalingRules,
  current: number,
  memory: ScalingMemory,
  now: number,
) {
  if (selectPolicy === "Disabled") return current;
  const proposals = policies.map(({ type, value, periodSeconds }) => {
    const start = atStart(current, memory, now - periodSeconds * 1000);
    return type === "Pods" ? start + value : Math.ceil((start * (100 + value)) / 100);
  });
  return selectPolicy === "Min" ? Math.min(...proposals) : Math.max(...proposals);
}

function downLimit(
  { policies = [], selectPolicy }: HPAScalingRules,
  current: number,
  memory: ScalingMemory,
  now: number,
): number {
  if (selectPolicy === "Disabled") return current;
  const proposals = policies.map(({ type, value, periodSeconds }) => {
    const start = atStart(current, memory, now - periodSeconds * 1000);
    return type === "Pods" ? start - value : Math.trunc((start * (100 - value)) / 100);
  });
  // the policy that allows the greatest change is the one with the smallest number
  return selectPolicy === "Min" ? Math.max(...proposals) : Math.min(...proposals);
}

const longestPeriodMs = 1800_000;

/** Notes a change that was made; what no policy can look back at is forgotten. */
export function noteChange(memory: ScalingMemory, before: number, after: number, now: number): void {
  const events = after > before ? memory.ups : memory.downs;
  events.push({ at: now, change: Math.abs(after - before) });
  for (const each of [memory.ups, memory.downs]) forget(each, now - longestPeriodMs);
}
