import { type Lease, Leases } from "#api/coordination/v1/lease.ts";
import { type Node, Nodes } from "#api/core/v1/node.ts";
import { type Pod, Pods } from "#api/core/v1/pod.ts";
import { isNotFound } from "#api/meta/api-error.ts";
import { timestamp } from "#api/meta/time.ts";
import { type ControllerDefinition, cacheIndex, type ReconcileContext, wake } from "#controller/controller.ts";
import {
  type Eviction,
  evictionMode,
  isNodeReady,
  nodeCondition,
  planTaints,
  sameTaints,
  silentConditions,
} from "./node-lifecycle.plan.ts";
import { isReady } from "./pods.ts";

export interface NodeLifecycleOptions {
  /** A kubelet that was not heard of for so long counts as gone. */
  readonly gracePeriodMs?: number;
  /** The same for a node that has never told its status. */
  readonly startupGracePeriodMs?: number;
}

/** Pods by the node they are bound to. */
export const byNode = "node";
/** What may be done to a node that is not ready depends on how the others are, so it is looked at this often. */
const watchIntervalMs = 5000;
const leaseNamespace = "kube-node-lease";
/** One node in ten seconds is given up, so that a fault of ours cannot empty the cluster at once; fewer when many are. */
const driveIntervalMs: Readonly<Record<Exclude<Eviction, "stopped">, number>> = { allowed: 10_000, limited: 100_000 };

/** When we last heard of a kubelet, by our own clock: its clock may be wrong. */
interface Heard {
  readonly heartbeat: string;
  readonly at: number;
}

/** Notices nodes that have fallen silent, says so on them and their pods, and keeps new pods away by taints. */
export function nodeLifecycleController(options: NodeLifecycleOptions = {}): ControllerDefinition<typeof Nodes> {
  const { gracePeriodMs = 50_000, startupGracePeriodMs = 60_000 } = options;
  const heard = new Map<string, Heard>();
  const known = new Set<string>();
  const marked = new Map<string, string>();
  let nextDrive = 0;

  return {
    name: "node-controller",
    for: Nodes,
    reads: [Pods],
    indexes: [cacheIndex(Pods, byNode, (pod) => (pod.spec.nodeName ? [pod.spec.nodeName] : []))],
    wakes: [wake(Leases, ({ metadata }) => (metadata.namespace === leaseNamespace ? [{ name: metadata.name }] : []))],

    async reconcile(key, context) {
      const { cache, clock, events } = context;
      const found = cache.find(Nodes, key);
      if (!found) {
        heard.delete(key.name);
        known.delete(key.name);
        marked.delete(key.name);
        return;
      }
      if (!known.has(key.name)) {
        known.add(key.name);
        events.event(
          found,
          "Normal",
          "RegisteredNode",
          `Node ${key.name} event: Registered Node ${key.name} in Controller`,
        );
      }
      const now = clock.now();
      const last = hear(heard, found, cache.find(Leases, { namespace: leaseNamespace, name: key.name }), now);
      const grace = found.status?.conditions?.length ? gracePeriodMs : startupGracePeriodMs;
      const left = last.at + grace - now;
      const node = left <= 0 ? await markSilent(found, context) : found;
      const drive = driveNow(cache.all(Nodes), node, now, nextDrive);
      if (drive.mode === "add") nextDrive = now + drive.intervalMs;
      await setTaints(node, drive.mode, context);
      if (isNodeReady(node)) return { again: Math.max(left, 1) };
      await markOnce(marked, node, context);
      return { again: Math.min(left > 0 ? left : watchIntervalMs, drive.again ?? watchIntervalMs) };
    },
  };
}

function hear(heard: Map<string, Heard>, node: Node, lease: Lease | undefined, now: number): Heard {
  const status = nodeCondition(node, "Ready");
  // What we have written ourselves is no sign of life: silence keeps the heartbeat's time.
  const heartbeat = `${node.metadata.uid} ${status?.lastHeartbeatTime ?? ""} ${lease?.spec.renewTime ?? ""}`;
  const before = heard.get(node.metadata.name);
  const last = before?.heartbeat === heartbeat ? before : { heartbeat, at: now };
  heard.set(node.metadata.name, last);
  return last;
}

async function markSilent(node: Node, { client, clock, events }: ReconcileContext): Promise<Node> {
  const conditions = silentConditions(node, clock.now());
  if (conditions === node.status?.conditions) return node;
  const wasReady = isNodeReady(node);
  const silent = await client.updateStatus(Nodes, { ...node, status: { ...node.status, conditions: [...conditions] } });
  if (wasReady) {
    const { name } = node.metadata;
    events.event(node, "Normal", "NodeNotReady", `Node ${name} status is now: NodeNotReady`);
  }
  return silent;
}

interface Drive {
  readonly mode: "add" | "keep" | "remove";
  readonly intervalMs: number;
  readonly again?: number;
}

/** Whether it is this node's turn to have its pods driven off. */
function driveNow(nodes: readonly Node[], node: Node, now: number, nextDrive: number): Drive {
  const latest = nodes.map((each) => (each.metadata.name === node.metadata.name ? node : each));
  const mode = evictionMode(latest);
  if (mode === "stopped") {
    return { mode: latest.some(isNodeReady) ? "keep" : "remove", intervalMs: 0 };
  }
  const intervalMs = driveIntervalMs[mode];
  const driven = node.spec.taints?.some(
    ({ key, effect }) => effect === "NoExecute" && key.startsWith("node.kubernetes.io/"),
  );
  if (isNodeReady(node) || driven) return { mode: "keep", intervalMs };
  return now >= nextDrive ? { mode: "add", intervalMs } : { mode: "keep", intervalMs, again: nextDrive - now };
}

async function setTaints(node: Node, drive: Drive["mode"], { client, clock }: ReconcileContext): Promise<void> {
  const taints = planTaints(node, { drive, now: clock.now() });
  if (sameTaints(node.spec.taints ?? [], taints)) return;
  const { resourceVersion } = node.metadata;
  // With the version, as the list is replaced as a whole and others put taints on it, too.
  const body = { metadata: { resourceVersion }, spec: { taints: taints.length > 0 ? taints : null } };
  await client.patch(Nodes, node.metadata, { type: "merge", body });
}

/**
 * Services must not send to pods of which nobody knows whether they still run. Said once for each time the node was lost:
 * a kubelet that is back tells of its pods before it tells of itself, and must not be contradicted for ever.
 */
async function markOnce(marked: Map<string, string>, node: Node, context: ReconcileContext): Promise<void> {
  const { name, uid } = node.metadata;
  const occasion = `${uid} ${nodeCondition(node, "Ready")?.lastTransitionTime}`;
  if (marked.get(name) === occasion) return;
  const pods = context.cache.indexed(Pods, byNode, name).filter(isReady);
  await Promise.all(pods.map((pod) => markPodNotReady(pod, context)));
  marked.set(name, occasion);
}

async function markPodNotReady(pod: Pod, { client, clock, events }: ReconcileContext): Promise<void> {
  const conditions = (pod.status?.conditions ?? []).map((condition) =>
    condition.type === "Ready"
      ? { ...condition, status: "False", lastTransitionTime: timestamp(clock.now()) }
      : condition,
  );
  try {
    await client.updateStatus(Pods, { ...pod, status: { ...pod.status, conditions } });
    events.event(pod, "Warning", "NodeNotReady", "Node is not ready");
  } catch (error) {
    if (!isNotFound(error)) throw error; // gone
  }
}
