import { Counter, Gauge, Histogram, type Registry } from "#kit/metrics.ts";

/** The figures of all work queues of a process, under the names that dashboards for Kubernetes look for. */
export interface QueueMetrics {
  added(name: string, id: string, now: number): void;
  taken(name: string, id: string, now: number): void;
  retried(name: string): void;
  done(name: string, id: string, workedMs: number): void;
}

const seconds = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60];

export function queueMetrics(registry: Registry): QueueMetrics {
  const common = { labelNames: ["name"] as const, registers: [registry] };
  const adds = new Counter({ name: "workqueue_adds_total", help: "Keys added to the queue.", ...common });
  const retries = new Counter({ name: "workqueue_retries_total", help: "Keys put back after a failure.", ...common });
  const depth = new Gauge({ name: "workqueue_depth", help: "Keys waiting in the queue.", ...common });
  const waited = new Histogram({
    name: "workqueue_queue_duration_seconds",
    help: "How long a key waited before a worker took it.",
    buckets: seconds,
    ...common,
  });
  const worked = new Histogram({
    name: "workqueue_work_duration_seconds",
    help: "How long the work on a key took.",
    buckets: seconds,
    ...common,
  });
  /** When each waiting key was added. Invariant: the depth of a queue is the size of its map. */
  const waiting = new Map<string, Map<string, number>>();

  return {
    added(name, id, now) {
      const queue = waiting.get(name) ?? new Map<string, number>();
      waiting.set(name, queue);
      adds.inc({ name });
      if (!queue.has(id)) queue.set(id, now);
      depth.set({ name }, queue.size);
    },
    taken(name, id, now) {
      const queue = waiting.get(name);
      const since = queue?.get(id);
      queue?.delete(id);
      depth.set({ name }, queue?.size ?? 0);
      if (since !== undefined) waited.observe({ name }, (now - since) / 1000);
    },
    retried: (name) => retries.inc({ name }),
    done: (name, _id, workedMs) => worked.observe({ name }, workedMs / 1000),
  };
}
