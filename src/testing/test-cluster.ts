import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Leases } from "#api/coordination/v1/lease.ts";
import type { Node } from "#api/core/v1/node.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { type ApiServerOptions, createApiServer } from "#apiserver/api-server.ts";
import { Caches } from "#client/cache/caches.ts";
import { type Client, createClient } from "#client/client.ts";
import type { Transport } from "#client/transport.ts";
import { openStorage } from "#cluster/engines.ts";
import { eventRecorder } from "#controller/events.ts";
import type { ControllerDependencies } from "#controller/run-controller.ts";
import { type AllControllersOptions, allControllers } from "#controllers/all.ts";
import { type Logger, silentLogger } from "#kit/log.ts";
import { type Component, run } from "#kit/scope.ts";
import { schedulerComponent } from "#scheduler/scheduler.ts";
import type { StrategyName } from "#scheduler/strategies/strategies.ts";
import { usageReader } from "#scheduler/usage-reader.ts";
import { openMemoryStorage } from "#storage/memory-storage.ts";
import type { Storage } from "#storage/storage.ts";
import { FakeClock } from "./fake-clock.ts";
import { HttpDoor } from "./http-door.ts";
import { type PodFate, ScriptedNode } from "./scripted-node.ts";
import { Activity } from "./settle.ts";
import { SimulatedNode } from "./simulated-node.ts";
import type { TestNode } from "./test-node.ts";

export interface TestClusterOptions {
  /** How many nodes; 1 when missing. */
  readonly nodes?: number;
  /** How each pod fares: the nodes are then scripted ones. When missing they are real kubelets over simulated containers. */
  readonly fate?: (pod: Pod) => PodFate;
  /** An engine's URL, or one that is open; memory when missing. Closed with the cluster. */
  readonly storage?: string | Storage;
  /** Opens an HTTPS port for real clients; `client` goes through it, too. */
  readonly http?: boolean;
  readonly log?: Logger;
  readonly apiServer?: Pick<ApiServerOptions, "admission" | "subresources" | "evictionGuard">;
  readonly controllers?: Pick<AllControllersOptions, "caPem" | "nodeLifecycle" | "podGc" | "hpa">;
  readonly schedulerStrategy?: StrategyName;
  /** More that shall run in the cluster, started last. */
  readonly components?: (dependencies: ControllerDependencies) => readonly Component[];
}

/** A whole cluster in this process, with time that stands still until the test moves it. */
export interface TestCluster extends AsyncDisposable {
  /** May do everything. */
  readonly client: Client;
  /** The API as such, for clients of other users. */
  readonly api: Transport;
  /** The path of an administrator's kubeconfig. Throws unless the cluster has an HTTP port. */
  readonly kubeconfig: string;
  /** What the control plane knows. */
  readonly caches: Caches;
  readonly clock: FakeClock;
  readonly nodes: readonly TestNode[];
  /**
   * Resolves when nothing happens any more. Waits shorter than a second, as retries make them, pass; longer ones do not.
   */
  settle(): Promise<void>;
  /** Moves time on by `ms`; all that is due meanwhile happens at its moment. */
  advance(ms: number): Promise<void>;
  stop(): Promise<void>;
}

const everything = { name: "settle", groups: ["system:masters"] };

/** Waits up to this long are nobody's intention: they are retries, or time that something simulated takes. */
const shortWaitMs = 1000;
/** Nobody checks it: pods are given a file with it, and those of a test cluster are data. */
const rootCa = "the authority of a test cluster";

export async function testCluster(options: TestClusterOptions = {}): Promise<TestCluster> {
  const { log = silentLogger } = options;
  const { storage, discard } = await storageOf(options.storage);
  const activity = new Activity(async () => {
    // a read through the server comes after everything that was written before it
    const verb = "list";
    const namespace = "kube-system";
    if (storage.supports.otherWriters) await server.dispatch({ verb, namespace, resource: Leases, user: everything });
  });
  const clock = new FakeClock(() => activity.settled());
  const scrape = (node: Node) => usageOf(nodes, node);
  const server = createApiServer({ storage, clock, log, scrape, ...options.apiServer });
  const api = activity.track(server);
  const as = (name: string, groups: readonly string[] = []) => createClient(api, { user: { name, groups } });
  const admin = as("admin", ["system:masters"]);
  const door = new HttpDoor({
    api: { ...server, dispatch: (request) => api.dispatch(request) },
    resources: server.served,
    clock,
    log,
  });
  const controllerClient = as("system:kube-controller-manager");
  const caches = new Caches({ client: controllerClient, clock, log });
  const shared: ControllerDependencies = { client: controllerClient, caches, clock, log };
  const { fate } = options;
  const nodes = Array.from({ length: options.nodes ?? 1 }, (_, i): TestNode => {
    const [name, number] = [`node-${i + 1}`, i + 1];
    if (fate) return new ScriptedNode(name, number, fate, { ...shared, client: admin });
    return new SimulatedNode({ name, number, api, clock, log });
  });
  const running = await run([
    { name: "storage", start: async (scope) => scope.defer(() => storage.close().then(discard)) },
    server,
    caches,
    ...allControllers({ ...shared, caPem: rootCa, ...options.controllers, resources: () => server.resources }),
    ...scheduling({ ...shared, client: as("system:kube-scheduler") }, admin, options.schedulerStrategy ?? "Default"),
    ...nodes,
    ...(options.components?.({ ...shared, client: admin }) ?? []),
    ...(options.http ? [door] : []),
  ]);
  await activity.settled(); // nodes are registered, and namespaces have what every pod needs
  const stop = () => running.stop();
  return {
    client: options.http ? createClient(door.transport) : admin,
    api,
    get kubeconfig() {
      return door.kubeconfig;
    },
    caches,
    clock,
    nodes,
    settle: () => settle(clock, activity),
    advance: (ms) => clock.advance(ms),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** What a node says of itself; one that is cut off says nothing. */
async function usageOf(nodes: readonly TestNode[], { metadata }: Node): Promise<string> {
  const found = nodes.find(({ name }) => name === metadata.name);
  if (!found) throw new Error(`no such node: ${metadata.name}`);
  return found.usage();
}

/** An engine that keeps files gets a folder that goes with the cluster. */
async function storageOf(
  given: string | Storage = "memory:",
): Promise<{ storage: Storage; discard: () => Promise<void> }> {
  if (typeof given !== "string") return { storage: given, discard: async () => {} };
  if (given === "memory:") return { storage: openMemoryStorage(), discard: async () => {} };
  const folder = await mkdtemp(join(tmpdir(), "test-cluster-"));
  const storage = await openStorage(given, folder);
  return { storage, discard: () => rm(folder, { recursive: true, force: true }) };
}

function scheduling(own: ControllerDependencies, reading: Client, strategy: StrategyName): Component[] {
  const { clock, log } = own;
  const reader = usageReader({ client: reading, clock, log });
  const usage = (nodeName: string) => reader.usage(nodeName);
  const events = eventRecorder({ ...own, component: "default-scheduler" });
  return [reader, schedulerComponent({ ...own, events, strategy, usage })];
}

async function settle(clock: FakeClock, activity: Activity): Promise<void> {
  const end = clock.now() + shortWaitMs;
  await activity.settled();
  for (let next = clock.next; next !== undefined && clock.now() + next < end; next = clock.next) {
    clock.step(next);
    await activity.settled();
  }
}
