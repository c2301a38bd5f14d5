import type { NodeInfo, PodInfo } from "../cluster-view.ts";
import type { Plugin, Rejection } from "./plugin.ts";

/** The node must have room for what the pod requests; the emptier and the more evenly used it then is, the better. */
export const fit: Plugin = {
  name: "NodeResourcesFit",
  wakesOn: ["node", "podGone"],

  filter(pod, node) {
    const rejections: Rejection[] = [];
    const maxPods = node.allocatable.pods;
    if (maxPods !== undefined && node.pods.size + 1 > maxPods) {
      rejections.push({ reason: "Too many pods", resolvable: true });
    }
    for (const name in pod.requests) {
      const amount = pod.requests[name] ?? 0;
      if (amount <= 0) continue;
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
      const cpu = usedShare(pod, node, "cpu");
      const memory = usedShare(pod, node, "memory");
      return (1 - Math.abs(cpu - memory) / 2) * 100;
    }),
};

function leastAllocated(pod: PodInfo, node: NodeInfo): number {
  return (2 - usedShare(pod, node, "cpu") - usedShare(pod, node, "memory")) * 50;
}

/** Pods without requests are counted with a little, else all of them would go to one node. */
export const assumedRequests = { cpu: 100, memory: 200 * 1024 * 1024 } as const;

function usedShare(pod: PodInfo, node: NodeInfo, name: "cpu" | "memory"): number {
  const allocatable = node.allocatable[name];
  if (!allocatable) return 1;
  const wanted = pod.requests[name] || assumedRequests[name];
  return Math.min(1, ((node.requested[name] ?? 0) + wanted) / allocatable);
}
