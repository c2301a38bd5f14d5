import type { NodeFigures, Usage } from "./figures.ts";

type Labels = Readonly<Record<string, string>>;

interface Sample {
  readonly labels: Labels;
  readonly value: number;
  /** Milliseconds since the epoch. */
  readonly at?: number;
}

/** One metric in Prometheus' text format. */
export function metricText(name: string, type: "counter" | "gauge", help: string, samples: readonly Sample[]): string {
  const lines = samples.map(({ labels, value, at }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}=${JSON.stringify(text)}`);
    const named = pairs.length > 0 ? `${name}{${pairs.join(",")}}` : name;
    return at === undefined ? `${named} ${value}` : `${named} ${value} ${Math.round(at)}`;
  });
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ""].join("\n");
}

/** The text of `/metrics/resource`: what autoscaling and `kubectl top` are made from. */
export function resourceMetrics(node: NodeFigures): string {
  const pods = node.pods.map((pod) => ({ labels: { namespace: pod.namespace, pod: pod.name }, ...pod }));
  const containers = pods.flatMap(({ labels, containers: own }) =>
    own.map((container) => ({ labels: { container: container.name, ...labels }, ...container })),
  );
  const cpu = ({ labels, usage }: { labels: Labels; usage: Usage }) => ({
    labels,
    value: usage.cpuNanoseconds / 1e9,
    at: usage.at,
  });
  const memory = ({ labels, usage }: { labels: Labels; usage: Usage }) => ({
    labels,
    value: usage.memory.workingSetBytes,
    at: usage.at,
  });
  const whole = { labels: {}, usage: node.usage };
  const cpuHelp = (of: string) => `[STABLE] Cumulative cpu time consumed by the ${of} in core-seconds`;
  const memoryHelp = (of: string) => `[STABLE] Current working set of the ${of} in bytes`;
  const started = containers.map(({ labels, startedAt }) => ({ labels, value: startedAt / 1000 }));
  const startHelp = "[STABLE] Start time of the container since unix epoch in seconds";
  return [
    metricText("container_cpu_usage_seconds_total", "counter", cpuHelp("container"), containers.map(cpu)),
    metricText("container_memory_working_set_bytes", "gauge", memoryHelp("container"), containers.map(memory)),
    metricText("container_start_time_seconds", "gauge", startHelp, started),
    metricText("node_cpu_usage_seconds_total", "counter", cpuHelp("node"), [cpu(whole)]),
    metricText("node_memory_working_set_bytes", "gauge", memoryHelp("node"), [memory(whole)]),
    metricText("pod_cpu_usage_seconds_total", "counter", cpuHelp("pod"), pods.map(cpu)),
    metricText("pod_memory_working_set_bytes", "gauge", memoryHelp("pod"), pods.map(memory)),
    metricText(
      "resource_scrape_error",
      "gauge",
      "[STABLE] 1 if there was an error while getting container metrics, 0 otherwise",
      [{ labels: {}, value: 0 }],
    ),
  ].join("");
}

/** The names of cAdvisor that dashboards ask for most. */
export function cadvisorMetrics(node: NodeFigures): string {
  const rows = node.pods.flatMap((pod) => {
    const labels = { namespace: pod.namespace, pod: pod.name };
    const whole = { labels: { container: "", ...labels }, usage: pod.usage };
    const own = pod.containers.map(({ name, usage }) => ({ labels: { container: name, ...labels }, usage }));
    return [whole, ...own];
  });
  const links = node.pods.flatMap((pod) =>
    pod.interfaces.map((each) => ({
      labels: { interface: each.name, namespace: pod.namespace, pod: pod.name },
      ...each,
      at: pod.usage.at,
    })),
  );
  const of = (read: (usage: Usage) => number) =>
    rows.map(({ labels, usage }) => ({ labels, value: read(usage), at: usage.at }));
  const received = links.map(({ labels, rxBytes, at }) => ({ labels, value: rxBytes, at }));
  const sent = links.map(({ labels, txBytes, at }) => ({ labels, value: txBytes, at }));
  return [
    metricText(
      "container_cpu_usage_seconds_total",
      "counter",
      "Cumulative cpu time consumed in seconds.",
      of((usage) => usage.cpuNanoseconds / 1e9),
    ),
    metricText(
      "container_memory_working_set_bytes",
      "gauge",
      "Current working set in bytes.",
      of(({ memory }) => memory.workingSetBytes),
    ),
    metricText(
      "container_memory_usage_bytes",
      "gauge",
      "Current memory usage in bytes.",
      of(({ memory }) => memory.usageBytes),
    ),
    metricText(
      "container_memory_rss",
      "gauge",
      "Size of RSS in bytes.",
      of(({ memory }) => memory.rssBytes),
    ),
    metricText("container_network_receive_bytes_total", "counter", "Cumulative count of bytes received.", received),
    metricText("container_network_transmit_bytes_total", "counter", "Cumulative count of bytes transmitted.", sent),
  ].join("");
}
