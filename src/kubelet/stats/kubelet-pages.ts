import { Gauge, processMetrics, type Registry } from "#kit/metrics.ts";
import type { PodLookup } from "../pod-lookup.ts";
import type { MeasureNode } from "./figures.ts";
import { runningContainers } from "./measure-node.ts";
import { cadvisorMetrics, resourceMetrics } from "./resource-metrics.ts";
import { CpuRates, statsSummary } from "./summary.ts";

export interface KubeletPages {
  readonly metrics: Readonly<Record<string, () => Promise<string>>>;
  readonly summary: () => Promise<object>;
}

/** What the kubelet's server tells about usage, by path. */
export function kubeletPages(measure: MeasureNode, pods: PodLookup, nodeName: string): KubeletPages {
  const rates = new CpuRates();
  const own = kubeletMetrics(pods, nodeName);
  return {
    metrics: {
      "/metrics": () => own.metrics(),
      "/metrics/resource": async () => resourceMetrics(await measure()),
      "/metrics/cadvisor": async () => cadvisorMetrics(await measure()),
    },
    async summary() {
      const summary = statsSummary(await measure(), rates.rate);
      rates.sweep();
      return summary;
    },
  };
}

function kubeletMetrics(pods: PodLookup, nodeName: string): Registry {
  const registry = processMetrics();
  const registers = [registry];
  const name = new Gauge({
    name: "kubelet_node_name",
    help: "[ALPHA] The node's name. The count is always 1.",
    labelNames: ["node"],
    registers,
  });
  name.set({ node: nodeName }, 1);
  new Gauge({
    name: "kubelet_running_pods",
    help: "[ALPHA] Number of pods that have a running pod sandbox",
    registers,
    collect() {
      this.set(pods.all().filter(({ status }) => status?.phase === "Running").length);
    },
  });
  new Gauge({
    name: "kubelet_running_containers",
    help: "[ALPHA] Number of containers currently running",
    labelNames: ["container_state"],
    registers,
    collect() {
      const count = pods.all().reduce((sum, pod) => sum + runningContainers(pod).length, 0);
      this.set({ container_state: "running" }, count);
    },
  });
  return registry;
}
