import type { NodeInfo, PodInfo } from "../cluster-view.ts";

/** Why a node cannot take a pod, in Kubernetes' words. */
export interface Rejection {
  readonly reason: string;
  /** Removing other pods from the node could help. */
  readonly resolvable: boolean;
}

/** What a plugin can ask of the cluster as a whole. */
export interface ClusterState {
  nodes(): readonly NodeInfo[];
  namespaceLabels(name: string): Readonly<Record<string, string>> | undefined;
  /** Pods that other pods are being removed for, on the node that is being emptied for them. */
  nominated(nodeName: string): readonly PodInfo[];
  /** What was measured on the node not long ago. */
  usage(nodeName: string): NodeUsage | undefined;
}

export interface NodeUsage {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly cpuMillis: number;
  readonly memoryBytes: number;
}

/** What can happen that lets a pod in that was rejected. */
export type ClusterEvent = "node" | "podGone" | "podPlaced";

interface Judgements {
  /** All reasons why the node cannot take the pod; empty when it can. */
  filter?(pod: PodInfo, node: NodeInfo): readonly Rejection[];
  /** How good each of the nodes is, 0 (worst) to 100. */
  score?(pod: PodInfo, nodes: readonly NodeInfo[]): readonly number[];
}

/** One aspect of placing a pod. It sees the pod and the cluster, and nothing else. */
export interface Plugin extends Judgements {
  readonly name: string;
  readonly weight?: number;
  /** For judgements that depend on more than the node alone: works out once for a pod what all nodes are measured by. `undefined` when the pod does not care. */
  prepare?(pod: PodInfo, cluster: ClusterState): Judgements | undefined;
  /** What may change its mind after a rejection; everything about nodes when missing. */
  readonly wakesOn?: readonly ClusterEvent[];
}

export type Prepared = Judgements & Pick<Plugin, "name" | "weight" | "wakesOn">;

/** The plugins that have something to say about the pod. */
export function prepareAll(plugins: readonly Plugin[], pod: PodInfo, cluster: ClusterState): Prepared[] {
  return plugins.flatMap((plugin): Prepared[] => {
    if (!plugin.prepare) return [plugin];
    const judgements = plugin.prepare(pod, cluster);
    if (!judgements) return [];
    const { name, weight, wakesOn } = plugin;
    return [{ ...judgements, name, ...(weight !== undefined && { weight }), ...(wakesOn && { wakesOn }) }];
  });
}

/** Scales raw figures to 0…100, the highest becoming 100 (or 0 with `reverse`). */
export function normalize(raw: readonly number[], reverse = false): number[] {
  let highest = 0;
  for (const value of raw) if (value > highest) highest = value;
  return raw.map((value) => {
    const share = highest === 0 ? 0 : (value * 100) / highest;
    return reverse ? 100 - share : share;
  });
}

/** Scales raw figures so that the lowest becomes 0 and the highest 100. */
export function stretch(raw: readonly number[]): number[] {
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of raw) {
    lowest = Math.min(lowest, value);
    highest = Math.max(highest, value);
  }
  return raw.map((value) => (highest === lowest ? 0 : ((value - lowest) * 100) / (highest - lowest)));
}
