import type { Node, NodeCondition } from "#api/core/v1/node.ts";
import type { Taint } from "#api/core/v1/scheduling.ts";
import { timestamp } from "#api/meta/time.ts";

const taintKeys = {
  notReady: "node.kubernetes.io/not-ready",
  unreachable: "node.kubernetes.io/unreachable",
  unschedulable: "node.kubernetes.io/unschedulable",
  memoryPressure: "node.kubernetes.io/memory-pressure",
  diskPressure: "node.kubernetes.io/disk-pressure",
  pidPressure: "node.kubernetes.io/pid-pressure",
  networkUnavailable: "node.kubernetes.io/network-unavailable",
} as const;

/** Condition → the taint that keeps pods away, and the status at which it does. */
const conditionTaints: readonly { type: string; status: string; key: string }[] = [
  { type: "Ready", status: "False", key: taintKeys.notReady },
  { type: "Ready", status: "Unknown", key: taintKeys.unreachable },
  { type: "MemoryPressure", status: "True", key: taintKeys.memoryPressure },
  { type: "DiskPressure", status: "True", key: taintKeys.diskPressure },
  { type: "PIDPressure", status: "True", key: taintKeys.pidPressure },
  { type: "NetworkUnavailable", status: "True", key: taintKeys.networkUnavailable },
];

/** The conditions that only the kubelet knows, and that nobody knows when it is silent. */
const kubeletConditions = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

export function nodeCondition(node: Node, type: string): NodeCondition | undefined {
  return node.status?.conditions?.find((condition) => condition.type === type);
}

export const isNodeReady = (node: Node): boolean => nodeCondition(node, "Ready")?.status === "True";

/** The conditions of a node whose kubelet is silent; the same array when nothing changes. */
export function silentConditions(node: Node, now: number): readonly NodeCondition[] {
  const current = node.status?.conditions ?? [];
  if (kubeletConditions.every((type) => nodeCondition(node, type)?.status === "Unknown")) return current;
  const unknown = kubeletConditions.map((type) => silent(nodeCondition(node, type), type, node, now));
  return [...current.filter(({ type }) => !kubeletConditions.includes(type)), ...unknown];
}

function silent(known: NodeCondition | undefined, type: string, node: Node, now: number): NodeCondition {
  if (!known) {
    return {
      type,
      status: "Unknown",
      reason: "NodeStatusNeverUpdated",
      message: "Kubelet never posted node status.",
      lastHeartbeatTime: node.metadata.creationTimestamp,
      lastTransitionTime: timestamp(now),
    };
  }
  if (known.status === "Unknown") return known;
  return {
    ...known,
    status: "Unknown",
    reason: "NodeStatusUnknown",
    message: "Kubelet stopped posting node status.",
    lastTransitionTime: timestamp(now),
  };
}

/** Whether pods may be driven off nodes that are not ready. */
export type Eviction = "allowed" | "limited" | "stopped";

/** Most nodes at once are not ready: the fault is more likely the network's or ours, and moving pods makes it worse. */
export function evictionMode(nodes: readonly Node[]): Eviction {
  const notReady = nodes.filter((node) => !isNodeReady(node)).length;
  if (notReady === nodes.length) return "stopped";
  if (notReady > 2 && notReady / nodes.length >= 0.55) return nodes.length > 50 ? "limited" : "stopped";
  return "allowed";
}

/**
 * The taints a node must have by its conditions. Taints of others stay. Those that drive pods off (`NoExecute`) are put
 * on only if `drive` says so, and stay on a node that has them already as long as it is not ready.
 */
export function planTaints(
  node: Node,
  options: { readonly drive: "add" | "keep" | "remove"; readonly now: number },
): Taint[] {
  const current = node.spec.taints ?? [];
  const held = conditionTaints
    .filter(({ type, status }) => nodeCondition(node, type)?.status === status)
    .map(({ key }) => key);
  if (node.spec.unschedulable) held.push(taintKeys.unschedulable);
  const wanted: Taint[] = held.map((key) => ({ key, effect: "NoSchedule" }));
  const driving = held.find((key) => key === taintKeys.notReady || key === taintKeys.unreachable);
  if (driving && options.drive !== "remove") {
    const driven = current.some((taint) => taint.effect === "NoExecute" && isOurs(taint));
    if (driven || options.drive === "add") wanted.push({ key: driving, effect: "NoExecute" });
  }
  const others = current.filter((taint) => !isOurs(taint));
  const timeAdded = timestamp(options.now);
  const ours = wanted.map(
    (taint) =>
      current.find(({ key, effect }) => key === taint.key && effect === taint.effect) ?? { ...taint, timeAdded },
  );
  return [...others, ...ours];
}

function isOurs({ key, effect }: Taint): boolean {
  if (effect === "NoExecute") return key === taintKeys.notReady || key === taintKeys.unreachable;
  return effect === "NoSchedule" && Object.values<string>(taintKeys).includes(key);
}

export function sameTaints(a: readonly Taint[], b: readonly Taint[]): boolean {
  const id = ({ key, value, effect }: Taint) => `${key}=${value ?? ""}:${effect}`;
  const ids = new Set(a.map(id));
  return a.length === b.length && b.every((taint) => ids.has(id(taint)));
}
