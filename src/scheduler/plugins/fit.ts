import type { Amounts } from "#api/core/v1/pod-requests.ts";
import type { NodeInfo, PodInfo } from "../cluster-view.ts";
import type { Plugin, Rejection } from "./plugin.ts";

const asked = (requests: Amounts) => Object.entries(requests).filter(([, amount]) => amount > 0);

/** The node must have room for what the pod requests; the emptier and the more evenly used it then is, the better. */
export const fit: Plugin = {
  name: "NodeResourcesFit",

  filter(pod, node) {
    const rejections: Rejection[] = [];
    const maxPods = node.allocatable.pods;
    if (maxPods !== undefined && node.pods.size + 1 > maxPods) {
      rejections.push({ reason: "Too many pods", resolvable: true });
    }
    for (const [name, amount] of asked(pod.requests)) {
      const allocatable = node.allocatable[name] ?? 0;
      if (amount > allocatable - (node.requested[name] ?? 0)) {
        rejections.push({ reason: `Insufficient ${name}`, resolvable: amount <= allocatable });
      }
    }
    return rejections;
  },

  score: (pod, nodes) => nodes.map((node) => leastAllocated(pod, node)),
};

/** Nodes on which CPU and memory are used in equal parts waste neither. */
export const balanced: Plugin = {
  name: "NodeResourcesBalancedAllocation",
  score: (pod, nodes) =>
    nodes.map((node) => {
      const [cpu = 0, memory = 0] = usedShares(pod, node);
      return (1 - Math.abs(cpu - memory) / 2) * 100;
    }),
};

function leastAllocated(pod: PodInfo, node: NodeInfo): number {
  const shares = usedShares(pod, node);
  return (shares.reduce((sum, used) => sum + (1 - used), 0) * 100) / shares.length;
}

/** Pods without requests are counted with a little, else all of them would go to one node. */
const assumed: Amounts = { cpu: 100, memory: 200 * 1024 * 1024 };

function usedShares(pod: PodInfo, node: NodeInfo): number[] {
  return ["cpu", "memory"].map((name) => {
    const allocatable = node.allocatable[name];
    if (!allocatable) return 1;
    const wanted = pod.requests[name] || (assumed[name] ?? 0);
    return Math.min(1, ((node.requested[name] ?? 0) + wanted) / allocatable);
  });
}
