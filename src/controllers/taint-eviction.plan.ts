import type { Node } from "#api/core/v1/node.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { tolerates } from "#api/core/v1/taints.ts";
import { parseTime } from "#api/meta/time.ts";

/** When the pod must leave its node: `now`, in so many milliseconds, or never as the node is. */
export type Stay = { readonly leave: "now" | "never" } | { readonly leaveInMs: number };

/** A taint that drives pods off lets each stay as long as its toleration says, counted from when the taint was put on. */
export function planStay(pod: Pod, node: Node, now: number): Stay {
  let leaveAt = Number.POSITIVE_INFINITY;
  for (const taint of node.spec.taints ?? []) {
    if (taint.effect !== "NoExecute") continue;
    const tolerations = (pod.spec.tolerations ?? []).filter((toleration) => tolerates(toleration, taint));
    if (tolerations.length === 0) return { leave: "now" };
    const seconds = tolerations.flatMap(({ tolerationSeconds }) => tolerationSeconds ?? []);
    if (seconds.length === 0) continue;
    const added = parseTime(taint.timeAdded);
    const shortest = Math.max(Math.min(...seconds), 0) * 1000;
    leaveAt = Math.min(leaveAt, (Number.isNaN(added) ? now : added) + shortest);
  }
  if (leaveAt === Number.POSITIVE_INFINITY) return { leave: "never" };
  return leaveAt <= now ? { leave: "now" } : { leaveInMs: leaveAt - now };
}
