import { parseTime } from "#api/meta/time.ts";
import type { NodeInfo, PodInfo } from "../cluster-view.ts";
import { assumedRequests } from "../plugins/fit.ts";
import { normalize, type Plugin } from "../plugins/plugin.ts";

/** The node with the smallest share of its CPU in use. */
export const leastCpu: Plugin = leastUsed("LeastCpu", "cpu");

/** The node with the smallest share of its memory in use. */
export const leastMem: Plugin = leastUsed("LeastMem", "memory");

/**
 * By what was measured on the node last, plus what pods will take that were placed since: they are not in the
 * figures yet, and without them all pods of a burst would go to one node. Nodes without figures count by requests.
 */
function leastUsed(name: string, resource: "cpu" | "memory"): Plugin {
  return {
    name,
    prepare: (_, cluster) => ({
      score(_pod, nodes) {
        const shares = nodes.map((node) => {
          const usage = cluster.usage(node.name);
          const amount = usage && (resource === "cpu" ? usage.cpuMillis : usage.memoryBytes);
          const used =
            usage === undefined || amount === undefined
              ? sum(node.pods.values(), resource)
              : amount + sum(placedSince(node, usage.at), resource);
          return used / (node.allocatable[resource] || 1);
        });
        return normalize(shares, true);
      },
    }),
  };
}

/** Pods that were not running yet when the node was measured. */
function* placedSince(node: NodeInfo, at: number): Iterable<PodInfo> {
  for (const info of node.pods.values()) {
    const started = parseTime(info.pod.status?.startTime);
    if (!(started + settlingMs <= at)) yield info;
  }
}

/** A container that has just started uses little of what it will use. */
const settlingMs = 5000;

function sum(pods: Iterable<PodInfo>, resource: "cpu" | "memory"): number {
  let total = 0;
  for (const { requests } of pods) total += requests[resource] || assumedRequests[resource];
  return total;
}
