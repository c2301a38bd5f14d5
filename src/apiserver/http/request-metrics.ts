import { Counter, Gauge, Histogram, type Registry } from "#kit/metrics.ts";
import type { InFlight } from "./in-flight.ts";
import type { RequestInfo } from "./request-info.ts";

export interface RequestMetrics {
  /** Counts one more long answer, as a watch or a log that is followed, until the returned function is called. */
  longRunning(info: RequestInfo, method: string): () => void;
  /** Starts the clock of one request; the returned function stops it. */
  started(): (info: RequestInfo | undefined, method: string, status: number) => void;
}

const labels = ["verb", "group", "version", "resource", "subresource", "scope", "component"] as const;

/** The figures that Kubernetes' dashboards read, under its names. */
export function requestMetrics(registry: Registry, inFlight: InFlight): RequestMetrics {
  const total = new Counter({
    name: "apiserver_request_total",
    help: "Requests answered, by verb, resource and status code.",
    labelNames: [...labels, "code"],
    registers: [registry],
  });
  const duration = new Histogram({
    name: "apiserver_request_duration_seconds",
    help: "How long requests took until their answer was ready, watches left out.",
    labelNames: labels,
    buckets: [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.5, 2, 3, 5, 10, 30, 60],
    registers: [registry],
  });
  new Gauge({
    name: "apiserver_current_inflight_requests",
    help: "Requests being worked on.",
    labelNames: ["request_kind"],
    registers: [registry],
    collect() {
      this.set({ request_kind: "readOnly" }, inFlight.reading);
      this.set({ request_kind: "mutating" }, inFlight.mutating);
    },
  });
  const longRunning = new Gauge({
    name: "apiserver_longrunning_requests",
    help: "Watches, logs and other long answers under way.",
    labelNames: labels,
    registers: [registry],
  });
  return {
    longRunning(info, method) {
      const about = labelsOf(info, method);
      longRunning.inc(about);
      return () => longRunning.dec(about);
    },
    started() {
      const start = performance.now();
      return (info, method, status) => {
        const about = labelsOf(info, method);
        total.inc({ ...about, code: status });
        if (about.verb !== "WATCH" && about.verb !== "CONNECT")
          duration.observe(about, (performance.now() - start) / 1000);
      };
    },
  };
}

const noResource = { group: "", version: "", resource: "", subresource: "", scope: "", component: "apiserver" };

function labelsOf(info: RequestInfo | undefined, method: string) {
  // a path is not a label: whoever asks for random ones would fill the memory
  if (!info || info.kind === "path") return { verb: knownMethods.has(method) ? method : "other", ...noResource };
  const { resource, subresource = "", namespace, name } = info;
  return {
    verb: info.kind === "connect" ? "CONNECT" : info.verb.toUpperCase(),
    group: resource.group,
    version: resource.version,
    resource: resource.plural,
    subresource,
    scope: name ? "resource" : namespace ? "namespace" : "cluster",
    component: "apiserver",
  };
}

const knownMethods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
