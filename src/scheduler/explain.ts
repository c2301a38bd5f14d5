import type { Rejection } from "./plugins/plugin.ts";

type Rejections = ReadonlyMap<string, readonly Rejection[]>;

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable.` */
export function unavailable(total: number, rejections: Rejections): string {
  if (total === 0) return "no nodes available to schedule pods";
  const counts = new Map<string, number>();
  for (const list of rejections.values()) {
    for (const { reason } of list) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const reasons = [...counts].map(([reason, count]) => `${count} ${reason}`).toSorted();
  return `0/${total} nodes are available: ${reasons.join(", ")}.`;
}

/** The same, and that removing other pods would not help either; or `preemption`, why it was not tried. */
export function explain(total: number, rejections: Rejections, preemption?: string): string {
  const why = unavailable(total, rejections);
  if (total === 0) return why;
  return `${why} preemption: ${preemption ?? noVictims(total, rejections)}`;
}

function noVictims(total: number, rejections: Rejections): string {
  let hopeless = 0;
  for (const list of rejections.values()) if (list.some(({ resolvable }) => !resolvable)) hopeless++;
  const victims = total - hopeless;
  const reasons = [
    victims > 0 ? `${victims} No preemption victims found for incoming pod` : "",
    hopeless > 0 ? `${hopeless} Preemption is not helpful for scheduling` : "",
  ].filter(Boolean);
  return `0/${total} nodes are available: ${reasons.join(", ")}.`;
}
