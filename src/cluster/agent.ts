import { existsSync, readFileSync } from "node:fs";
import { Pods } from "#api/catalog.ts";
import { versionInfo } from "#apiserver/http/version.ts";
import { Caches } from "#client/cache/caches.ts";
import { createClient } from "#client/client.ts";
import { type Clock, systemClock } from "#kit/clock.ts";
import { createLogger, type Logger } from "#kit/log.ts";
import { type Component, run, type Scope } from "#kit/scope.ts";
import { sleep } from "#kit/sleep.ts";
import { type Kubelet, kubeletComponent } from "#kubelet/kubelet.ts";
import { simulatedMachine, thisMachine } from "#kubelet/machine.ts";
import { containerd } from "#kubelet/runtime/containerd.ts";
import { openCriRuntime } from "#kubelet/runtime/cri-runtime.ts";
import type { Runtime } from "#kubelet/runtime/runtime.ts";
import { startKubeletServer } from "#kubelet/server.ts";
import type { MeasureNode } from "#kubelet/stats/figures.ts";
import { kubeletPages } from "#kubelet/stats/kubelet-pages.ts";
import { measureNode } from "#kubelet/stats/measure-node.ts";
import { simulatedFigures } from "#kubelet/stats/simulated-figures.ts";
import { IptablesBackend } from "#kubeproxy/backend/iptables.ts";
import { NftablesBackend } from "#kubeproxy/backend/nftables.ts";
import { kubeProxyComponent } from "#kubeproxy/kubeproxy.ts";
import { hostAddress, subnetOf } from "./addresses.ts";
import { connectTransport } from "./connect.ts";
import { openCheckpoint } from "./engines.ts";
import { type ClusterIdentity, ensureIdentity } from "./identity.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { rememberProxy } from "./node-leftovers.ts";
import { kernelNames } from "./node-names.ts";
import { runtimeSocket } from "./node-runtime.ts";
import { nodeServices, podDns } from "./node-services.ts";
import { checkDataFolder, checkNode, freePort } from "./preflight.ts";
import type { Settings } from "./settings.ts";

/** The server has not let this node in within this time. */
const accessTimeoutMs = 60_000;
/** Pods' share of the cluster's addresses on the first node. */
const nodeBits = 24;

/** Runs a node until the signal aborts or a part of it fails. Containers go on running afterwards. */
export async function runAgent(settings: Settings, signal: AbortSignal): Promise<void> {
  const log = createLogger({ level: settings.logLevel, name: "agent" });
  try {
    await serve(settings, signal, log);
  } catch (error) {
    if (signal.aborted) return;
    log.fatal({ err: error }, "the agent cannot go on");
    throw error;
  }
}

async function serve(settings: Settings, signal: AbortSignal, log: Logger): Promise<void> {
  const layout = layoutOf(settings.dataDir);
  checkNode(settings);
  checkDataFolder(layout);
  const identity = await ensureIdentity(layout, settings);
  const node: NodeParts = { settings, layout, identity, clock: systemClock, log };
  const { runtime, components } = await openRuntime(node);
  await using starting = await run(components, { signal });
  await accessGranted(layout, signal);
  const parts = await nodeComponents(node, runtime);
  await using running = await run(parts, { signal });
  log.info({ node: identity.nodeName }, "the node runs");
  const stopped = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  if (!signal.aborted) await Promise.race([stopped, starting.failed, running.failed]);
  log.info("stopping");
}

interface NodeParts {
  readonly settings: Settings;
  readonly layout: Layout;
  readonly identity: ClusterIdentity;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The runtime, and what must run for it: our own containerd, unless another one was named. */
async function openRuntime({
  settings,
  layout,
  identity,
  clock,
  log,
}: NodeParts): Promise<{ runtime: Runtime; components: Component[] }> {
  if (settings.runtime.startsWith("simulated:")) {
    const { simulatedRuntime } = await import("#kubelet/runtime/simulated-runtime.ts");
    return { runtime: simulatedRuntime({ clock }), components: [] };
  }
  const socket = runtimeSocket(settings);
  const own = settings.runtime === "cri:";
  const runtime = await openCriRuntime({ socket, clock, log, ...(!own && { owner: identity.suffix }) });
  const closing: Component = {
    name: "runtime",
    start: async (scope) => scope.defer(() => runtime[Symbol.asyncDispose]()),
  };
  if (!own) return { runtime, components: [closing] };
  const supervised = containerd(
    {
      dir: layout.containerd,
      bridge: kernelNames(identity.suffix).bridge,
      podCidrs: [subnetOf(identity.clusterCidr, nodeBits, 0)],
      masquerade: settings.proxyMode === "none", // kube-proxy's table does it with one rule for all pods
      clock,
      log,
    },
    runtime,
  );
  return { runtime, components: [closing, supervised] };
}

/** The server writes the node's kubeconfig when it starts; on this machine that is how a node is let in. */
async function accessGranted({ agentKubeconfig }: Layout, signal: AbortSignal): Promise<void> {
  for (let waited = 0; !existsSync(agentKubeconfig); waited += 20) {
    if (waited > accessTimeoutMs)
      throw new Error(`no ${agentKubeconfig} after ${accessTimeoutMs / 1000} s: is the server running?`);
    await sleep(20, systemClock, signal);
  }
}

async function nodeComponents(node: NodeParts, runtime: Runtime): Promise<Component[]> {
  const { settings, layout, identity, clock, log } = node;
  const { nodeName, suffix } = identity;
  const transport = await connectTransport(layout.agentKubeconfig);
  const client = createClient(transport);
  const caches = new Caches({
    client,
    clock,
    log,
    select: (resource) => (resource === Pods ? { fieldSelector: `spec.nodeName=${nodeName}` } : {}),
  });
  const simulated = settings.runtime.startsWith("simulated:");
  let port = 0;
  const kubelet = kubeletComponent({
    client,
    caches,
    runtime,
    clock,
    log,
    nodeName,
    addresses: [settings.nodeIp ?? hostAddress()],
    version: versionInfo.gitVersion,
    ...(!simulated && { dataDir: layout.agent, podLogsDir: layout.podLogs }),
    checkpoint: await openCheckpoint(settings.checkpoint, layout.checkpoint),
    port: () => port,
    node: {
      cgroupRoot: kernelNames(suffix).cgroup,
      ...(!simulated && { dns: podDns(settings, identity) }),
    },
  });
  const closing: Component = { name: "connection", start: async (scope) => scope.defer(() => transport.close()) };
  const served: Component = {
    name: "kubelet server",
    async start(scope) {
      port = await serveKubelet(node, { kubelet, runtime, scope });
    },
  };
  const routing = settings.proxyMode === "none" || simulated ? [] : [serviceRouting(node, caches)];
  const own = simulated ? [] : nodeServices({ ...node, client, caches });
  return [closing, caches, served, ...own, kubelet, ...routing];
}

async function serveKubelet(
  node: NodeParts,
  { kubelet, runtime, scope }: { kubelet: Kubelet; runtime: Runtime; scope: Scope },
): Promise<number> {
  const { settings, layout, identity, clock, log } = node;
  const measure = await measuring(node, kubelet, runtime);
  const server = await startKubeletServer({
    ...kubeletPages(measure, kubelet.pods, identity.nodeName),
    port: await freePort(settings.kubeletPort, "0.0.0.0"),
    key: readFileSync(layout.kubeletKey, "utf8"),
    cert: readFileSync(layout.kubeletCert, "utf8"),
    clientCa: readFileSync(layout.kubeletCa, "utf8"),
    pods: kubelet.pods,
    runtime,
    clock,
    log,
  });
  scope.defer(() => server.close());
  return server.port;
}

function measuring(
  { settings, layout, identity, clock }: NodeParts,
  { pods }: Kubelet,
  runtime: Runtime,
): Promise<MeasureNode> | MeasureNode {
  const { nodeName, suffix } = identity;
  if (settings.runtime.startsWith("simulated:"))
    return simulatedFigures({ nodeName, pods, machine: simulatedMachine(nodeName), clock });
  const cgroupRoot = kernelNames(suffix).cgroup;
  return measureNode({ nodeName, pods, runtime, machine: thisMachine(layout.agent), clock, cgroupRoot });
}

function serviceRouting({ settings, layout, identity, clock, log }: NodeParts, caches: Caches): Component {
  const { table, bridge } = kernelNames(identity.suffix);
  const { clusterCidr, nodeName } = identity;
  const backend =
    settings.proxyMode === "iptables"
      ? new IptablesBackend({ clusterCidr })
      : new NftablesBackend({ table, clusterCidr, loopbackVia: bridge });
  const proxy = kubeProxyComponent({ caches, backend, nodeName, clock, log });
  return {
    name: proxy.name,
    async start(scope) {
      await rememberProxy(layout, backend.name);
      await proxy.start(scope);
    },
  };
}
