import type { NodeInfo, PodInfo } from "../cluster-view.ts";

/** Why a node cannot take a pod, in Kubernetes' words. */
export interface Rejection {
  readonly reason: string;
  /** Removing other pods from the node could help. */
  readonly resolvable: boolean;
}

/** One aspect of placing a pod. Pure: it sees the pod and the nodes, and nothing else. */
export interface Plugin {
  readonly name: string;
  /** All reasons why the node cannot take the pod; empty when it can. */
  filter?(pod: PodInfo, node: NodeInfo): readonly Rejection[];
  /** How good each of the nodes is, 0 (worst) to 100. */
  score?(pod: PodInfo, nodes: readonly NodeInfo[]): readonly number[];
  readonly weight?: number;
}

/** Scales raw figures to 0…100, the highest becoming 100 (or 0 with `reverse`). */
export function normalize(raw: readonly number[], reverse = false): number[] {
  const highest = Math.max(0, ...raw);
  return raw.map((value) => {
    const share = highest === 0 ? 0 : (value * 100) / highest;
    return reverse ? 100 - share : share;
  });
}
