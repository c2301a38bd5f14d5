import type { NodeInfo, PodInfo } from "./cluster-view.ts";
import type { Plugin, Rejection } from "./plugins/plugin.ts";

export type Assignment =
  | { readonly node: string }
  /** Nobody can take it; `message` is what Kubernetes writes into the event and the condition. */
  | {
      readonly node: undefined;
      readonly message: string;
      readonly rejections: ReadonlyMap<string, readonly Rejection[]>;
    };

/** Picks the node for a pod: of those that no plugin rejects the one with the best weighted score. `tie` breaks ties, 0 ≤ tie() < 1. */
export function assign(
  pod: PodInfo,
  nodes: readonly NodeInfo[],
  plugins: readonly Plugin[],
  tie: () => number,
): Assignment {
  const rejections = new Map<string, readonly Rejection[]>();
  const feasible: NodeInfo[] = [];
  for (const node of nodes) {
    const rejected = firstRejection(pod, node, plugins);
    if (rejected.length > 0) rejections.set(node.name, rejected);
    else feasible.push(node);
  }
  if (feasible.length === 0) return { node: undefined, message: explain(nodes.length, rejections), rejections };
  return { node: best(pod, feasible, plugins, tie).name };
}

/** Plugins run in order and the first that rejects speaks for the node, as its reasons would be counted twice otherwise. */
function firstRejection(pod: PodInfo, node: NodeInfo, plugins: readonly Plugin[]): readonly Rejection[] {
  for (const plugin of plugins) {
    const rejected = plugin.filter?.(pod, node) ?? [];
    if (rejected.length > 0) return rejected;
  }
  return [];
}

function best(pod: PodInfo, nodes: readonly NodeInfo[], plugins: readonly Plugin[], tie: () => number): NodeInfo {
  if (nodes.length === 1) return nodes[0] as NodeInfo;
  const totals = new Array<number>(nodes.length).fill(0);
  for (const { score, weight = 1 } of plugins) {
    score?.(pod, nodes).forEach((points, i) => {
      totals[i] = (totals[i] ?? 0) + points * weight;
    });
  }
  const highest = Math.max(...totals);
  const winners = nodes.filter((_, i) => (totals[i] ?? 0) >= highest - 1e-9);
  return winners[Math.floor(tie() * winners.length)] as NodeInfo;
}

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable. preemption: …` */
function explain(total: number, rejections: ReadonlyMap<string, readonly Rejection[]>): string {
  if (total === 0) return "no nodes available to schedule pods";
  const counts = new Map<string, number>();
  let hopeless = 0;
  for (const list of rejections.values()) {
    if (list.some((rejection) => !rejection.resolvable)) hopeless++;
    for (const { reason } of list) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const reasons = [...counts].map(([reason, count]) => `${count} ${reason}`).toSorted();
  const victims = total - hopeless;
  const preemption = [
    victims > 0 ? `${victims} No preemption victims found for incoming pod` : "",
    hopeless > 0 ? `${hopeless} Preemption is not helpful for scheduling` : "",
  ].filter(Boolean);
  const none = `0/${total} nodes are available`;
  return `${none}: ${reasons.join(", ")}. preemption: ${none}: ${preemption.join(", ")}.`;
}
