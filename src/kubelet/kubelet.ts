import { mkdir } from "node:fs/promises";
import { type Pod, Pods } from "#api/core/v1/pod.ts";
import { Services } from "#api/core/v1/service.ts";
import type { Checkpoint } from "#checkpoint/checkpoint.ts";
import type { Caches } from "#client/cache/caches.ts";
import type { CacheEvent } from "#client/cache/store.ts";
import type { Client } from "#client/client.ts";
import { type EventRecorder, eventRecorder } from "#controller/events.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import type { Component, Scope } from "#kit/scope.ts";
import { AccountTokens } from "./account-tokens.ts";
import { openCgroupTree } from "./cgroups/cgroup-tree.ts";
import { noCgroups, podCgroups } from "./cgroups/pod-cgroups.ts";
import { diskPodFiles } from "./disk-pod-files.ts";
import { ImagePuller } from "./image-puller.ts";
import { rotateRunning } from "./log-rotation.ts";
import { type Machine, simulatedMachine, thisMachine } from "./machine.ts";
import { NodeHeartbeat } from "./node-heartbeat.ts";
import { allocatableOf } from "./node-status.ts";
import { followRuntime } from "./pleg.ts";
import type { DnsSettings } from "./pod-dns.ts";
import type { PodFiles } from "./pod-files.ts";
import type { PodLookup } from "./pod-lookup.ts";
import { PodMemory } from "./pod-memory.ts";
import { PodProbes } from "./pod-probes.ts";
import { PodWorkers } from "./pod-workers.ts";
import { type Prober, realProber, simulatedProber } from "./prober.ts";
import { apiReferences, shared } from "./references.ts";
import { RememberedService } from "./remembered-service.ts";
import { nodeResolvConf } from "./resolv-conf.ts";
import { defaultCgroupRoot } from "./resources.ts";
import type { Runtime, Sandbox } from "./runtime/runtime.ts";
import { Semaphore } from "./semaphore.ts";
import { simulatedPodFiles } from "./simulated-pod-files.ts";
import { StatusManager } from "./status-manager.ts";

export interface KubeletOptions {
  readonly client: Client;
  /** Follows this node's pods (and may follow others'); must be among the components before. */
  readonly caches: Caches;
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly log: Logger;
  readonly nodeName: string;
  /** The node's own addresses, the first one preferred. */
  readonly addresses: readonly string[];
  /** As `kubectl get nodes` shows it: `v1.36.0+minik8s`. */
  readonly version: string;
  /** Where pods' volumes lie. Without it nothing is written to disk: for runtimes whose pods are data. */
  readonly dataDir?: string;
  /** Where containers' logs lie; `pod-logs` in dataDir when missing. */
  readonly podLogsDir?: string;
  readonly checkpoint?: Checkpoint;
  /** The port of the node's HTTP API, asked when the status is written. */
  readonly port?: () => number;
  readonly node?: NodeOptions;
}

export interface NodeOptions {
  readonly labels?: Readonly<Record<string, string>>;
  readonly maxPods?: number;
  readonly machine?: Machine;
  readonly dns?: Partial<DnsSettings>;
  readonly cgroupRoot?: string;
  /** Sandboxes made at one time. */
  readonly parallelSandboxes?: number;
  readonly parallelPulls?: number;
  readonly relistMs?: number;
}

export interface Kubelet extends Component {
  readonly pods: PodLookup;
  /** Nothing is under way: no pass, no operation, no status to be written. Waits for the clock do not count. */
  readonly idle: boolean;
}

/** A node agent: the pods that the API server gave to this node run here, and the API server knows how they are. */
export function kubeletComponent(options: KubeletOptions): Kubelet {
  let parts: Parts | undefined;
  return {
    name: `kubelet ${options.nodeName}`,
    get idle() {
      return (parts?.workers.idle && parts.status.idle) ?? false;
    },
    pods: {
      find: (namespace, name) => parts?.workers.lookup.find(namespace, name),
      all: () => parts?.workers.lookup.all() ?? [],
    },
    async start(scope) {
      parts = await build(options);
      await begin(options, parts, scope);
    },
  };
}

interface Parts {
  readonly events: EventRecorder;
  readonly status: StatusManager;
  readonly heartbeat: NodeHeartbeat;
  readonly workers: PodWorkers;
  readonly memory: PodMemory;
  readonly files: PodFiles;
}

/** How often volumes are brought up to date with the ConfigMaps and Secrets they were made from. */
const volumesMs = 30_000;

/** How often the sizes of containers' logs are looked at. */
const logsMs = 30_000;

async function build(options: KubeletOptions): Promise<Parts> {
  const { client, caches, runtime, clock, log, nodeName, addresses, node = {}, dataDir } = options;
  const { maxPods = 110 } = node;
  const events = eventRecorder({ client, clock, log, component: "kubelet", host: nodeName });
  const status = new StatusManager({ client, clock, log });
  const apiService = new RememberedService(options.checkpoint, log);
  const references = apiReferences({ client, caches, clock, apiService });
  const machine = node.machine ?? (dataDir === undefined ? simulatedMachine(nodeName) : thisMachine(dataDir));
  if (dataDir !== undefined) await mkdir(dataDir, { recursive: true });
  const resolvConf = dataDir === undefined ? "" : await nodeResolvConf();
  const dns = { clusterDns: [], clusterDomain: "cluster.local", resolvConf, ...node.dns };
  const [{ name: runtimeName, version }, facts] = await Promise.all([runtime.version(), machine()]);
  const allocatable = allocatableOf({ machine: facts, maxPods });
  const files =
    dataDir === undefined
      ? simulatedPodFiles(shared(references))
      : diskPodFiles({
          dataDir,
          logsDir: options.podLogsDir,
          references: shared(references),
          tokens: new AccountTokens({ client, clock, log }),
          allocatable,
          clusterDomain: dns.clusterDomain,
          log,
        });
  const prober: Prober = dataDir === undefined ? simulatedProber(runtime) : realProber(runtime);
  const memory = new PodMemory(options.checkpoint, log);
  const cgroups =
    dataDir === undefined ? noCgroups : podCgroups(await openCgroupTree(), node.cgroupRoot ?? defaultCgroupRoot, log);
  const workers = new PodWorkers({
    ...{ cgroups, client, runtime, runtimeName, clock, log, events, status, references, files, memory },
    images: new ImagePuller({
      runtime,
      references,
      clock,
      ...(node.parallelPulls && { parallel: node.parallelPulls }),
    }),
    sandboxSlots: new Semaphore(node.parallelSandboxes ?? 4),
    node: {
      name: nodeName,
      ...{ addresses, allocatable, dns },
      memoryBytes: facts.memoryBytes,
      ...(node.cgroupRoot !== undefined && { cgroupRoot: node.cgroupRoot }),
    },
    probesOf: (changed) =>
      new PodProbes({ prober, clock, events, hostAddress: addresses[0] ?? "127.0.0.1", changed: () => changed() }),
  });
  const heartbeat = new NodeHeartbeat({
    ...{ client, clock, log, events, runtime, machine, nodeName, addresses, maxPods },
    runtimeVersion: `${runtimeName}://${version}`,
    kubeletVersion: options.version,
    ...(node.labels && { labels: node.labels }),
    port: options.port ?? (() => 0),
  });
  return { events, status, heartbeat, workers, memory, files };
}

/** Takes over what runs already and what is remembered; the API server is waited for in the background. */
async function begin(options: KubeletOptions, parts: Parts, scope: Scope): Promise<void> {
  const { runtime, clock, log, node = {} } = options;
  const { workers, status, heartbeat, memory, events } = parts;
  const [sandboxes, remembered] = await Promise.all([runtime.list(), memory.recall()]);
  const adopted = Map.groupBy(sandboxes, ({ pod }) => pod.uid);

  scope.defer(() => events.flush());
  scope.spawn("statuses", (signal) => status.run(signal));
  scope.spawn("pods", (signal) => workers.run(signal));
  scope.spawn("heartbeat", (signal) => heartbeat.run(signal));
  for (const pod of remembered) workers.add(pod, adopted.get(pod.metadata.uid) ?? []);
  scope.spawn("runtime", (signal) =>
    followRuntime(
      {
        ...{ runtime, clock, log },
        hint: (event) => workers.hint(event),
        before: () => workers.versions(),
        listed: (list, before) => workers.observe(list, before),
        ...(node.relistMs !== undefined && { relistMs: node.relistMs }),
      },
      signal,
    ),
  );
  scope.spawn("pods of the API server", (signal) => followPods(options, parts, adopted, signal));
  scope.defer(repeat(clock, volumesMs, () => workers.refreshVolumes()));
  scope.defer(repeat(clock, logsMs, () => void rotateRunning(workers.sandboxes(), { runtime, log }, clock.now())));
}

async function followPods(
  { caches, nodeName, log }: KubeletOptions,
  { workers, files }: Parts,
  adopted: ReadonlyMap<string, readonly Sandbox[]>,
  signal: AbortSignal,
): Promise<void> {
  caches.follow(Pods, Services);
  const take = (events: readonly CacheEvent<Pod>[]) => {
    for (const { type, object } of events) {
      if (object.spec.nodeName !== nodeName) continue;
      if (type === "DELETED") workers.vanish(object.metadata.uid);
      else workers.take(object, adopted.get(object.metadata.uid) ?? []);
    }
  };
  const end = caches.subscribe(Pods, take);
  signal.addEventListener("abort", end, { once: true });
  try {
    await caches.synced([Pods], signal);
  } catch (error) {
    if (signal.aborted) return;
    throw error;
  }
  const known = new Set(caches.all(Pods).map(({ metadata }) => metadata.uid));
  workers.vanishAllBut(known);
  await workers.removeStrangers(known, adopted).catch((error: unknown) => {
    if (!signal.aborted) log.warn({ err: error }, "what is left of unknown pods could not be removed");
  });
  for (const pod of await files.leftovers()) {
    if (!known.has(pod.metadata.uid) && !workers.has(pod.metadata.uid)) await files.cleanUp(pod);
  }
}

/** Calls `run` every `ms`; the returned function ends it. */
function repeat(clock: Clock, ms: number, run: () => void): () => void {
  let cancel = clock.after(ms, function beat() {
    run();
    cancel = clock.after(ms, beat);
  });
  return () => cancel();
}
