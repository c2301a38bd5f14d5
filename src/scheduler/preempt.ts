import { labelSelectorMatches } from "#api/meta/selector.ts";
import { parseTime } from "#api/meta/time.ts";
import type { PodDisruptionBudget } from "#api/policy/v1/pod-disruption-budget.ts";
import { type Refusal, refusal } from "./assign.ts";
import type { NodeInfo, PodInfo } from "./cluster-view.ts";
import { type ClusterState, type Plugin, prepareAll } from "./plugins/plugin.ts";

export interface Preemption {
  readonly node: string;
  /** The least important first. */
  readonly victims: readonly PodInfo[];
}

export interface PreemptOptions {
  readonly plugins: readonly Plugin[];
  readonly budgets: readonly PodDisruptionBudget[];
  /** How many nodes on which it would work are enough to choose from. */
  readonly enough?: number;
}

/** Why a pod must not push others away now; `undefined` when it may. */
export function notEligible({ pod, priority }: PodInfo, cluster: ClusterState): string | undefined {
  if (pod.spec.preemptionPolicy === "Never") return "not eligible due to preemptionPolicy=Never.";
  const nominated = pod.status?.nominatedNodeName;
  const node = nominated ? cluster.nodes().find(({ name }) => name === nominated) : undefined;
  const leaving = [...(node?.pods.values() ?? [])].some(
    (other) => other.priority < priority && other.pod.metadata.deletionTimestamp !== undefined,
  );
  return leaving ? "not eligible due to terminating pod on the nominated node." : undefined;
}

/** The node where the least harm lets the pod in, and who must leave it for that. */
export function preempt(
  pod: PodInfo,
  cluster: ClusterState,
  { rejections }: Pick<Refusal, "rejections">,
  { plugins, budgets, enough = 100 }: PreemptOptions,
): Preemption | undefined {
  const candidates: Candidate[] = [];
  for (const node of cluster.nodes()) {
    const reasons = rejections.get(node.name) ?? [];
    if (reasons.some(({ resolvable }) => !resolvable)) continue;
    const candidate = victimsOn(pod, node, cluster, { plugins, budgets });
    if (candidate) candidates.push(candidate);
    if (candidates.length >= enough) break;
  }
  const [least] = candidates.toSorted(byHarm);
  return least && { node: least.node, victims: least.victims.toSorted((a, b) => a.priority - b.priority) };
}

interface Candidate extends Preemption {
  /** Victims that a budget protects. */
  readonly violations: number;
}

/** Takes all less important pods away, then lets as many as possible stay, the protected and the important first. */
function victimsOn(
  pod: PodInfo,
  node: NodeInfo,
  cluster: ClusterState,
  { plugins, budgets }: PreemptOptions,
): Candidate | undefined {
  const all = [...node.pods.values()];
  const lesser = all.filter(({ priority }) => priority < pod.priority);
  if (lesser.length === 0) return undefined;
  const fits = (pods: readonly PodInfo[]) => {
    const changed = node.with(pods);
    return refusal(pod, changed, prepareAll(plugins, pod, withNode(cluster, changed))) === undefined;
  };
  const staying = all.filter(({ priority }) => priority >= pod.priority);
  if (!fits(staying)) return undefined;
  const guarded = protectedPods(lesser, budgets);
  const victims: PodInfo[] = [];
  const inOrder = lesser.toSorted(
    (a, b) => Number(guarded.has(b)) - Number(guarded.has(a)) || b.priority - a.priority || startOf(a) - startOf(b),
  );
  for (const each of inOrder) {
    if (fits([...staying, each])) staying.push(each);
    else victims.push(each);
  }
  if (victims.length === 0) return undefined;
  return { node: node.name, victims, violations: victims.filter((victim) => guarded.has(victim)).length };
}

const withNode = (cluster: ClusterState, changed: NodeInfo): ClusterState => ({
  nodes: () => cluster.nodes().map((node) => (node.name === changed.name ? changed : node)),
  namespaceLabels: (name) => cluster.namespaceLabels(name),
  nominated: (name) => cluster.nominated(name),
  usage: (name) => cluster.usage(name),
});

/** Pods whose budgets would be overdrawn if they went, the most important ones being let go first. */
function protectedPods(pods: readonly PodInfo[], budgets: readonly PodDisruptionBudget[]): Set<PodInfo> {
  const left = new Map(budgets.map((budget) => [budget, budget.status?.disruptionsAllowed ?? 0]));
  const guarded = new Set<PodInfo>();
  for (const info of pods.toSorted((a, b) => b.priority - a.priority)) {
    const { metadata } = info.pod;
    for (const [budget, allowed] of left) {
      if (budget.metadata.namespace !== metadata.namespace) continue;
      if (!labelSelectorMatches(budget.spec.selector, metadata.labels)) continue;
      if (budget.status?.disruptedPods?.[metadata.name]) continue; // its eviction has been counted already
      left.set(budget, allowed - 1);
      if (allowed <= 0) guarded.add(info);
    }
  }
  return guarded;
}

const startOf = ({ pod }: PodInfo) => parseTime(pod.status?.startTime ?? pod.metadata.creationTimestamp) || 0;

/** Fewer broken budgets, less important victims, less importance in all, fewer victims, and those that ran least. */
function byHarm(a: Candidate, b: Candidate): number {
  const highest = ({ victims }: Candidate) => Math.max(...victims.map(({ priority }) => priority));
  const sum = ({ victims }: Candidate) => victims.reduce((total, { priority }) => total + priority + 2 ** 31, 0);
  const started = (candidate: Candidate) =>
    Math.min(...candidate.victims.filter(({ priority }) => priority === highest(candidate)).map(startOf));
  return (
    a.violations - b.violations ||
    highest(a) - highest(b) ||
    sum(a) - sum(b) ||
    a.victims.length - b.victims.length ||
    started(b) - started(a)
  );
}
