import type { NodeInfo, PodInfo } from "./cluster-view.ts";
import { explain } from "./explain.ts";
import {
  type ClusterEvent,
  type ClusterState,
  type Plugin,
  type Prepared,
  prepareAll,
  type Rejection,
} from "./plugins/plugin.ts";
import { hasTerms } from "./pod-terms.ts";

export type Assignment =
  | {
      readonly node: string;
      /** How many nodes were looked at until enough were found. */
      readonly looked: number;
    }
  /** Nobody can take it; `message` is what Kubernetes writes into the event and the condition. */
  | Refusal;

export interface Refusal {
  readonly node: undefined;
  readonly message: string;
  readonly rejections: ReadonlyMap<string, readonly Rejection[]>;
  /** What may let the pod in. */
  readonly wakesOn: ReadonlySet<ClusterEvent>;
}

export interface AssignOptions {
  readonly plugins: readonly Plugin[];
  /** Breaks ties, 0 ≤ tie() < 1. */
  readonly tie: () => number;
  /** Where in the list of nodes the search begins, so that all of them have their turn. */
  readonly from?: number;
  /** How many nodes that can take the pod are enough to choose the best of; all when missing. */
  readonly enough?: number;
}

/** Picks the node for a pod: of those that no plugin rejects the one with the best weighted score. */
export function assign(pod: PodInfo, cluster: ClusterState, options: AssignOptions): Assignment {
  const nodes = cluster.nodes();
  const prepared = prepareAll(options.plugins, pod, cluster);
  const { from = 0, enough = nodes.length } = options;
  const rejections = new Map<string, readonly Rejection[]>();
  const wakesOn = new Set<ClusterEvent>();
  const feasible: NodeInfo[] = [];
  let looked = 0;
  for (; looked < nodes.length && feasible.length < enough; looked++) {
    const node = nodes[(from + looked) % nodes.length] as NodeInfo;
    const refused = firstRefusal(pod, node, prepared, cluster);
    if (!refused) {
      feasible.push(node);
      continue;
    }
    rejections.set(node.name, refused.reasons);
    for (const event of refused.by.wakesOn ?? onlyNodes) wakesOn.add(event);
  }
  if (feasible.length === 0) {
    if (nodes.length === 0) wakesOn.add("node");
    return { node: undefined, message: explain(nodes.length, rejections), rejections, wakesOn };
  }
  return { node: best(pod, feasible, prepared, options.tie).name, looked };
}

const onlyNodes: readonly ClusterEvent[] = ["node"];

/**
 * Of many nodes a part is enough: never less than a hundred, and for a pod that likes some nodes better than others as
 * many as Kubernetes looks at, fewer in proportion the more there are.
 */
export function enoughNodes(count: number, pod: PodInfo): number {
  const percentage = hasWishes(pod) ? Math.max(5, 50 - Math.floor(count / 125)) : 5;
  return Math.min(count, Math.max(100, Math.floor((count * percentage) / 100)));
}

function hasWishes({ pod, terms }: PodInfo): boolean {
  const { affinity, topologySpreadConstraints = [] } = pod.spec;
  const liked = affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return liked.length > 0 || topologySpreadConstraints.length > 0 || hasTerms(terms);
}

interface Refused {
  readonly by: Prepared;
  readonly reasons: readonly Rejection[];
}

/**
 * Plugins run in order and the first that rejects speaks for the node, as its reasons would be counted twice otherwise.
 * Room that is being made for a more important pod is not free, though nobody is there yet.
 */
function firstRefusal(
  pod: PodInfo,
  node: NodeInfo,
  plugins: readonly Prepared[],
  cluster: ClusterState,
): Refused | undefined {
  const promised = cluster.nominated(node.name);
  if (promised.length > 0) {
    const ahead = promised.filter(({ key, priority }) => key !== pod.key && priority >= pod.priority);
    if (ahead.length > 0) {
      const refused = refusal(pod, node.with([...node.pods.values(), ...ahead]), plugins);
      if (refused) return refused;
    }
  }
  return refusal(pod, node, plugins);
}

export function refusal(pod: PodInfo, node: NodeInfo, plugins: readonly Prepared[]): Refused | undefined {
  for (const plugin of plugins) {
    const reasons = plugin.filter?.(pod, node);
    if (reasons && reasons.length > 0) return { by: plugin, reasons };
  }
  return undefined;
}

function best(pod: PodInfo, nodes: readonly NodeInfo[], plugins: readonly Prepared[], tie: () => number): NodeInfo {
  const totals = new Array<number>(nodes.length).fill(0);
  for (const { score, weight = 1 } of plugins) {
    const points = score?.(pod, nodes);
    if (points) for (let i = 0; i < totals.length; i++) totals[i] = (totals[i] ?? 0) + (points[i] ?? 0) * weight;
  }
  const highest = totals.reduce((a, b) => Math.max(a, b));
  const winners = nodes.filter((_, i) => (totals[i] ?? 0) >= highest - 1e-9);
  return winners[Math.floor(tie() * winners.length)] as NodeInfo;
}
