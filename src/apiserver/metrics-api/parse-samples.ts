/** What one node tells about itself and the containers on it. */
export interface NodeSamples {
  readonly node: Sample | undefined;
  readonly containers: readonly ContainerSample[];
}

export interface Sample {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** All that was ever used. */
  readonly cpuNanoseconds: number;
  readonly memoryBytes: number;
}

export interface ContainerSample extends Sample {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly startedAt: number;
}

const line = /^([a-z_]+)(?:\{(.*)\})? ([-+.\deE]+)(?: (\d+))?$/;
const label = /([a-z_]+)="((?:[^"\\]|\\.)*)"/g;

type Facts = { -readonly [F in keyof ContainerSample]?: ContainerSample[F] };

/** The text of a kubelet's `/metrics/resource`. Whoever lacks CPU or memory is left out. */
export function parseSamples(text: string): NodeSamples {
  const node: Facts = {};
  const containers = new Map<string, Facts>();
  for (const each of text.split("\n")) {
    const [, name = "", labels, value, at] = line.exec(each) ?? [];
    const read = readers[name];
    if (!read) continue;
    if (labels === undefined) {
      read(node, Number(value), Number(at));
      continue;
    }
    let known = containers.get(labels);
    if (!known) {
      const { namespace, pod, container } = Object.fromEntries([...labels.matchAll(label)].map(([, k, v]) => [k, v]));
      known = { namespace, pod, container };
      containers.set(labels, known);
    }
    read(known, Number(value), Number(at));
  }
  return { node: isSample(node) ? node : undefined, containers: [...containers.values()].filter(isContainerSample) };
}

const cpu = (facts: Facts, seconds: number, at: number) => {
  facts.cpuNanoseconds = Math.round(seconds * 1e9);
  facts.at = at;
};
const memory = (facts: Facts, bytes: number) => {
  facts.memoryBytes = bytes;
};

const readers: Readonly<Record<string, (facts: Facts, value: number, at: number) => void>> = {
  node_cpu_usage_seconds_total: cpu,
  node_memory_working_set_bytes: memory,
  container_cpu_usage_seconds_total: cpu,
  container_memory_working_set_bytes: memory,
  container_start_time_seconds: (facts, seconds) => {
    facts.startedAt = seconds * 1000;
  },
};

const isSample = (facts: Facts): facts is Facts & Sample =>
  facts.at !== undefined && facts.cpuNanoseconds !== undefined && facts.memoryBytes !== undefined;

const isContainerSample = (facts: Facts): facts is ContainerSample => isSample(facts) && facts.startedAt !== undefined;
