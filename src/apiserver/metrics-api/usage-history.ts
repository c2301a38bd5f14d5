import type { ContainerSample, NodeSamples, Sample } from "./parse-samples.ts";

/** What was used between two samples, and when. */
export interface Figures {
  /** Milliseconds since the epoch, of the later sample. */
  readonly at: number;
  readonly windowMs: number;
  /** Billionths of a core. */
  readonly nanoCores: number;
  readonly memoryBytes: number;
}

interface Pair {
  readonly last: Sample;
  readonly before: Sample | undefined;
}

/** A container that started between these ages before its first sample is measured from its start. */
const fresh = { leastMs: 10_000, mostMs: 60_000 };

const podKey = (namespace: string, name: string) => `${namespace}/${name}`;

/** The last two samples of everything, and what they say together. */
export class UsageHistory {
  readonly #nodes = new Map<string, Pair>();
  /** By node, then by pod, then by container. */
  readonly #pods = new Map<string, Map<string, Map<string, Pair>>>();

  take(nodeName: string, { node, containers }: NodeSamples): void {
    if (node) this.#nodes.set(nodeName, follow(this.#nodes.get(nodeName), node));
    const known = this.#pods.get(nodeName);
    const next = new Map<string, Map<string, Pair>>();
    for (const sample of containers) {
      const key = podKey(sample.namespace, sample.pod);
      const pod = next.get(key) ?? new Map<string, Pair>();
      next.set(key, pod);
      pod.set(sample.container, followContainer(known?.get(key)?.get(sample.container), sample));
    }
    this.#pods.set(nodeName, next);
  }

  /** When the node was last heard of. */
  lastAt(nodeName: string): number {
    return this.#nodes.get(nodeName)?.last.at ?? 0;
  }

  /** Nodes that something is known of. */
  nodes(): string[] {
    return [...this.#pods.keys()];
  }

  forget(nodeName: string): void {
    this.#nodes.delete(nodeName);
    this.#pods.delete(nodeName);
  }

  node(name: string): Figures | undefined {
    return figuresOf(this.#nodes.get(name));
  }

  /** By container; `undefined` until all of the pod's containers have figures. */
  pod(nodeName: string, namespace: string, name: string): ReadonlyMap<string, Figures> | undefined {
    const pairs = this.#pods.get(nodeName)?.get(podKey(namespace, name));
    if (!pairs) return undefined;
    const figures = new Map<string, Figures>();
    for (const [container, pair] of pairs) {
      const own = figuresOf(pair);
      if (!own) return undefined;
      figures.set(container, own);
    }
    return figures;
  }
}

function follow(known: Pair | undefined, sample: Sample): Pair {
  if (known && sample.at <= known.last.at) return known;
  const restarted = known && sample.cpuNanoseconds < known.last.cpuNanoseconds;
  return { last: sample, before: restarted ? undefined : known?.last };
}

function followContainer(known: Pair | undefined, sample: ContainerSample): Pair {
  const { startedAt } = sample;
  if (known && startedAt <= known.last.at) return follow(known, sample);
  const age = sample.at - startedAt;
  const start = { at: startedAt, cpuNanoseconds: 0, memoryBytes: 0 };
  return { last: sample, before: age >= fresh.leastMs && age <= fresh.mostMs ? start : undefined };
}

function figuresOf(pair: Pair | undefined): Figures | undefined {
  if (!pair?.before) return undefined;
  const { last, before } = pair;
  const windowMs = last.at - before.at;
  if (windowMs <= 0) return undefined;
  const nanoCores = Math.round(((last.cpuNanoseconds - before.cpuNanoseconds) * 1000) / windowMs);
  return { at: last.at, windowMs, nanoCores, memoryBytes: last.memoryBytes };
}
