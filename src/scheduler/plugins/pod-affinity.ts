import type { Pod } from "#api/core/v1/pod.ts";
import type { NodeInfo, PodInfo } from "../cluster-view.ts";
import type { PodTerm } from "../pod-terms.ts";
import { type ClusterState, type Plugin, type Rejection, stretch } from "./plugin.ts";

const unmet = {
  affinity: { reason: "node(s) didn't match pod affinity rules", resolvable: false },
  anti: { reason: "node(s) didn't match pod anti-affinity rules", resolvable: true },
  others: { reason: "node(s) didn't satisfy existing pods anti-affinity rules", resolvable: true },
} as const satisfies Record<string, Rejection>;

/** By topology key, then by the value of that label: how many pods, or how much weight. */
class Topologies {
  readonly #sums = new Map<string, Map<string, number>>();

  add(key: string, { node }: NodeInfo, amount: number): void {
    const value = node?.metadata.labels?.[key];
    if (value === undefined) return;
    let sums = this.#sums.get(key);
    if (!sums) {
      sums = new Map();
      this.#sums.set(key, sums);
    }
    sums.set(value, (sums.get(value) ?? 0) + amount);
  }

  at(key: string, { node }: NodeInfo): number {
    const value = node?.metadata.labels?.[key];
    return value === undefined ? 0 : (this.#sums.get(key)?.get(value) ?? 0);
  }

  get empty(): boolean {
    return this.#sums.size === 0;
  }

  /** The sum over all keys. */
  total(node: NodeInfo): number {
    let total = 0;
    for (const key of this.#sums.keys()) total += this.at(key, node);
    return total;
  }
}

/** Pods that want to be near other pods or far from them; whether they are pods to come or were there before. */
export const podAffinity: Plugin = {
  name: "InterPodAffinity",
  weight: 2,
  wakesOn: ["node", "podGone", "podPlaced"],

  prepare(pod, cluster) {
    const { required, requiredAnti, preferred } = pod.terms;
    const own = required.length + requiredAnti.length + preferred.length > 0;
    const { affinity, anti, others, weights } = count(pod, cluster, own);
    if (!own && others.empty && weights.empty) return undefined;
    const labels = (name: string) => cluster.namespaceLabels(name);
    // the first of a group that wants to be together finds nobody yet
    const first = affinity.empty && required.every((term) => term.covers(pod.pod, labels));
    const has = (node: NodeInfo, key: string) => node.node?.metadata.labels?.[key] !== undefined;
    return {
      filter(_, node) {
        if (
          !required.every((term) => has(node, term.topologyKey) && (first || affinity.at(term.topologyKey, node) > 0))
        )
          return [unmet.affinity];
        if (requiredAnti.some((term) => anti.at(term.topologyKey, node) > 0)) return [unmet.anti];
        return others.total(node) > 0 ? [unmet.others] : [];
      },
      ...(!weights.empty && { score: (_, nodes) => stretch(nodes.map((node) => weights.total(node))) }),
    };
  },
};

/** Walks over the pods of all nodes; when the pod itself wants nothing, only over those that want something. */
function count({ pod, terms }: PodInfo, cluster: ClusterState, own: boolean) {
  const labels = (name: string) => cluster.namespaceLabels(name);
  const covered = (list: readonly PodTerm[], other: Pod) => list.filter((term) => term.covers(other, labels));
  const counts = {
    affinity: new Topologies(),
    anti: new Topologies(),
    others: new Topologies(),
    weights: new Topologies(),
  };
  for (const node of cluster.nodes()) {
    for (const other of own ? node.pods.values() : []) {
      const meant = covered(terms.required, other.pod);
      if (meant.length > 0 && meant.length === terms.required.length)
        for (const term of meant) counts.affinity.add(term.topologyKey, node, 1);
      for (const term of covered(terms.requiredAnti, other.pod)) counts.anti.add(term.topologyKey, node, 1);
      for (const term of covered(terms.preferred, other.pod)) counts.weights.add(term.topologyKey, node, term.weight);
    }
    for (const other of node.choosy) {
      for (const term of covered(other.terms.requiredAnti, pod)) counts.others.add(term.topologyKey, node, 1);
      const liking = [...other.terms.preferred, ...other.terms.required];
      for (const term of covered(liking, pod)) counts.weights.add(term.topologyKey, node, term.weight);
    }
  }
  return counts;
}
