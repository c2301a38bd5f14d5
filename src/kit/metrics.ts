import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

export { Counter, Gauge, Histogram, Registry };

/** A registry with the process' own figures (CPU, memory, event-loop lag) already in it. */
export function processMetrics(): Registry {
  const registry = new Registry();
  // the lag is sampled by a timer: at the library's own 10 ms it alone would cost more than all else at rest
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 200 });
  return registry;
}
