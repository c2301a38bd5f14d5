import { nodeAllowed } from "#api/core/v1/node-affinity.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import type { TopologySpreadConstraint } from "#api/core/v1/scheduling.ts";
import { isTolerated } from "#api/core/v1/taints.ts";
import { fromSpec, matches, type Selector } from "#api/meta/selector.ts";
import type { NodeInfo, PodInfo } from "../cluster-view.ts";
import { sameLabels } from "../pod-terms.ts";
import { type ClusterState, normalize, type Plugin, type Rejection } from "./plugin.ts";

const tooUneven: Rejection = { reason: "node(s) didn't match pod topology spread constraints", resolvable: true };
const noDomain: Rejection = {
  reason: "node(s) didn't match pod topology spread constraints (missing required label)",
  resolvable: false,
};

/**
 * Pods spread as they ask for. Those that ask for nothing spread with the others of their controller, over nodes and
 * zones, where that is possible.
 */
export const topologySpread: Plugin = {
  name: "PodTopologySpread",
  weight: 2,
  wakesOn: ["node", "podGone", "podPlaced"],

  prepare(pod, cluster) {
    const asked = pod.pod.spec.topologySpreadConstraints ?? [];
    if (asked.length === 0) return pod.ownerUid === undefined ? undefined : byOwner(cluster);
    const hard = asked.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === "DoNotSchedule");
    const soft = asked.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === "ScheduleAnyway");
    const limits = domainsOf(hard, pod, cluster);
    const wishes = domainsOf(soft, pod, cluster);
    return {
      ...(limits.length > 0 && { filter: (_, node) => rejected(node, limits) }),
      ...(wishes.length > 0 && { score: (_, nodes) => liked(nodes, wishes) }),
    };
  },
};

const byOwner = (cluster: ClusterState) => ({
  score(pod: PodInfo, nodes: readonly NodeInfo[]) {
    const own = normalize(
      nodes.map((node) => node.podsOfOwner(pod.ownerUid)),
      true,
    );
    const inZone = new Map<string, number>();
    for (const node of cluster.nodes()) {
      const { zone } = node;
      if (zone !== undefined) inZone.set(zone, (inZone.get(zone) ?? 0) + node.podsOfOwner(pod.ownerUid));
    }
    if (inZone.size < 2) return own;
    const ofZone = normalize(
      nodes.map(({ zone = "" }) => inZone.get(zone) ?? 0),
      true,
    );
    return own.map((points, i) => (points + (ofZone[i] ?? 0)) / 2);
  },
});

/** One constraint with the pods that are in each domain now. */
interface Domains {
  readonly constraint: TopologySpreadConstraint;
  /** Pods of the selector by value of the topology's label. */
  readonly counts: ReadonlyMap<string, number>;
  readonly least: number;
  /** 1 when the pod itself would count. */
  readonly self: number;
}

function domainsOf(
  constraints: readonly TopologySpreadConstraint[],
  { pod }: PodInfo,
  cluster: ClusterState,
): Domains[] {
  const keys = constraints.map(({ topologyKey }) => topologyKey);
  return constraints.map((constraint) => {
    const selector = selectorOf(constraint, pod);
    const counts = new Map<string, number>();
    for (const node of cluster.nodes()) {
      const value = node.label(constraint.topologyKey);
      if (value === undefined || keys.some((key) => node.label(key) === undefined)) continue;
      if (!isCounted(constraint, node, pod)) continue;
      counts.set(value, (counts.get(value) ?? 0) + matching(node, selector, pod));
    }
    const few = counts.size < (constraint.minDomains ?? 1);
    const least = few || counts.size === 0 ? 0 : Math.min(...counts.values());
    return { constraint, counts, least, self: matches(selector, pod.metadata.labels) ? 1 : 0 };
  });
}

function selectorOf({ labelSelector, matchLabelKeys }: TopologySpreadConstraint, pod: Pod): Selector {
  if (!labelSelector) return [{ key: "", operator: "In", values: [] }]; // without a selector no pod is meant
  return [...fromSpec(labelSelector), ...sameLabels(matchLabelKeys, "In", pod)];
}

/** Whether the node's pods are looked at for this constraint. */
function isCounted({ nodeAffinityPolicy, nodeTaintsPolicy }: TopologySpreadConstraint, { node }: NodeInfo, pod: Pod) {
  if (!node) return false;
  if ((nodeAffinityPolicy ?? "Honor") === "Honor" && !nodeAllowed(pod.spec, node)) return false;
  if ((nodeTaintsPolicy ?? "Ignore") === "Ignore") return true;
  return (node.spec.taints ?? []).every(
    (taint) => taint.effect === "PreferNoSchedule" || isTolerated(taint, pod.spec.tolerations),
  );
}

function matching(node: NodeInfo, selector: Selector, { metadata }: Pod): number {
  let count = 0;
  for (const { pod: other } of node.pods.values()) {
    if (other.metadata.namespace !== metadata.namespace || other.metadata.deletionTimestamp) continue;
    if (matches(selector, other.metadata.labels)) count++;
  }
  return count;
}

function rejected(node: NodeInfo, limits: readonly Domains[]): readonly Rejection[] {
  for (const { constraint, counts, least, self } of limits) {
    const value = node.label(constraint.topologyKey);
    if (value === undefined) return [noDomain];
    if ((counts.get(value) ?? 0) + self - least > constraint.maxSkew) return [tooUneven];
  }
  return [];
}

/** Fewer pods in a domain are better; the more domains a topology has, the more its difference counts. */
function liked(nodes: readonly NodeInfo[], wishes: readonly Domains[]): number[] {
  const raw = nodes.map((node) => {
    let sum = 0;
    for (const { constraint, counts } of wishes) {
      const value = node.label(constraint.topologyKey);
      if (value === undefined) return undefined;
      sum += (counts.get(value) ?? 0) * Math.log(counts.size + 2) + (constraint.maxSkew - 1);
    }
    return sum;
  });
  const known = raw.filter((value) => value !== undefined);
  const [lowest, highest] = [Math.min(...known), Math.max(...known)];
  return raw.map((value) => {
    if (value === undefined) return 0;
    return highest === 0 ? 100 : (100 * (highest + lowest - value)) / highest;
  });
}
