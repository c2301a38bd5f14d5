import type { Node } from "#api/core/v1/node.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { type Amounts, amountsOf, podRequests } from "#api/core/v1/pod-requests.ts";
import { fullImageName } from "./plugins/image-locality.ts";
import type { ClusterState, NodeUsage } from "./plugins/plugin.ts";
import { hasTerms, type PodTerms, podTerms } from "./pod-terms.ts";

/** A pod with what scheduling asks of it again and again worked out once. */
export interface PodInfo {
  readonly key: string;
  readonly pod: Pod;
  readonly requests: Amounts;
  readonly hostPorts: readonly string[];
  /** Pods of one controller should lie on different nodes. */
  readonly ownerUid: string | undefined;
  readonly priority: number;
  /** Names of the containers' images, with registry and tag. */
  readonly images: readonly string[];
  readonly terms: PodTerms;
}

export function podInfo(pod: Pod): PodInfo {
  return {
    key: `${pod.metadata.namespace}/${pod.metadata.name}`,
    pod,
    requests: podRequests(pod.spec),
    hostPorts: (pod.spec.containers ?? []).flatMap((container) =>
      (container.ports ?? [])
        .filter((port) => port.hostPort)
        .map((port) => `${port.hostIP || "0.0.0.0"}/${port.protocol}/${port.hostPort}`),
    ),
    ownerUid: pod.metadata.ownerReferences?.find((owner) => owner.controller)?.uid,
    priority: pod.spec.priority ?? 0,
    images: (pod.spec.containers ?? []).map(({ image = "" }) => fullImageName(image)),
    terms: podTerms(pod),
  };
}

const zoneLabel = "topology.kubernetes.io/zone";

/** A node with the pods on it, running or just promised to it. */
export class NodeInfo {
  readonly name: string;
  node: Node | undefined;
  /** The zone it is in, by its label. */
  zone: string | undefined;
  allocatable: Amounts = {};
  readonly pods = new Map<string, PodInfo>();
  /** Sums over `pods`. */
  readonly requested: Record<string, number> = {};
  /** Those of `pods` that want to be near other pods or far from them. */
  readonly choosy = new Set<PodInfo>();
  /** Bytes of the images that are on the node, by name. */
  images: ReadonlyMap<string, number> = new Map();
  readonly #byOwner = new Map<string, number>();

  constructor(name: string) {
    this.name = name;
  }

  setNode(node: Node): void {
    this.node = node;
    this.zone = node.metadata.labels?.[zoneLabel];
    this.allocatable = amountsOf(node.status?.allocatable ?? node.status?.capacity);
    const images = node.status?.images ?? [];
    this.images = new Map(
      images.flatMap(({ names, sizeBytes }) => (names ?? []).map((name) => [name, sizeBytes ?? 0])),
    );
  }

  label(key: string): string | undefined {
    return this.node?.metadata.labels?.[key];
  }

  /** The node as it would be with other pods on it. */
  with(pods: Iterable<PodInfo>): NodeInfo {
    const copy = new NodeInfo(this.name);
    copy.node = this.node;
    copy.zone = this.zone;
    copy.allocatable = this.allocatable;
    copy.images = this.images;
    for (const pod of pods) copy.add(pod);
    return copy;
  }

  add(info: PodInfo): void {
    this.pods.set(info.key, info);
    if (hasTerms(info.terms)) this.choosy.add(info);
    this.#count(info, 1);
  }

  remove(key: string): void {
    const info = this.pods.get(key);
    if (!info) return;
    this.pods.delete(key);
    this.choosy.delete(info);
    this.#count(info, -1);
  }

  podsOfOwner(uid: string | undefined): number {
    return uid === undefined ? 0 : (this.#byOwner.get(uid) ?? 0);
  }

  #count({ requests, ownerUid }: PodInfo, sign: 1 | -1): void {
    for (const name in requests) {
      this.requested[name] = (this.requested[name] ?? 0) + sign * (requests[name] ?? 0);
    }
    if (ownerUid === undefined) return;
    const left = this.podsOfOwner(ownerUid) + sign;
    if (left > 0) this.#byOwner.set(ownerUid, left);
    else this.#byOwner.delete(ownerUid);
  }
}

/** What the view is told by others. */
export interface ClusterFacts {
  namespaceLabels?(name: string): Readonly<Record<string, string>> | undefined;
  usage?(nodeName: string): NodeUsage | undefined;
}

const nobody: readonly PodInfo[] = [];

const isTerminal = (pod: Pod) => pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";

/**
 * What the scheduler knows of nodes and of the pods on them; kept by events, so a decision never walks over all pods.
 * A pod is promised to a node (`assume`) before the server has confirmed it, so that the next decision counts it.
 */
export class ClusterView implements ClusterState {
  readonly #nodes = new Map<string, NodeInfo>();
  /** Those of #nodes that exist, until one comes or goes. */
  #existing: readonly NodeInfo[] | undefined;
  /** Pods that wait for others to make room, by the node that is being emptied for them. */
  readonly #nominated = new Map<string, Map<string, PodInfo>>();
  readonly #facts: ClusterFacts;
  /** Where each counted pod lies. Invariant: the NodeInfo of that name holds the pod. */
  readonly #placed = new Map<string, string>();

  constructor(facts: ClusterFacts = {}) {
    this.#facts = facts;
  }

  /** Nodes that exist; those only known from a pod's nodeName are left out. */
  nodes(): readonly NodeInfo[] {
    this.#existing ??= [...this.#nodes.values()].filter((info) => info.node);
    return this.#existing;
  }

  namespaceLabels(name: string): Readonly<Record<string, string>> | undefined {
    return this.#facts.namespaceLabels?.(name);
  }

  usage(nodeName: string): NodeUsage | undefined {
    return this.#facts.usage?.(nodeName);
  }

  nominated(nodeName: string): readonly PodInfo[] {
    const pods = this.#nominated.get(nodeName);
    return pods ? [...pods.values()] : nobody;
  }

  nominate(info: PodInfo, nodeName: string): void {
    this.unnominate(info.key);
    const pods = this.#nominated.get(nodeName) ?? new Map<string, PodInfo>();
    this.#nominated.set(nodeName, pods.set(info.key, info));
  }

  unnominate(key: string): void {
    for (const [node, pods] of this.#nominated) {
      if (pods.delete(key) && pods.size === 0) this.#nominated.delete(node);
    }
  }

  node(name: string): NodeInfo | undefined {
    return this.#nodes.get(name);
  }

  setNode(node: Node): void {
    const info = this.#info(node.metadata.name);
    if (!info.node) this.#existing = undefined;
    info.setNode(node);
  }

  removeNode(name: string): void {
    const info = this.#nodes.get(name);
    if (!info) return;
    info.node = undefined;
    this.#existing = undefined;
    if (info.pods.size === 0) this.#nodes.delete(name);
  }

  /** The pod as the server has it now: counted where it is bound, not counted once it has ended. */
  setPod(pod: Pod): void {
    const info = podInfo(pod);
    const assumed = this.#placed.get(info.key);
    if (!pod.spec.nodeName) {
      if (assumed === undefined) return;
      const held = this.#nodes.get(assumed)?.pods.get(info.key);
      if (held?.pod.metadata.uid === pod.metadata.uid) return; // promised; the server's word is on its way
    }
    this.removePod(info.key);
    if (pod.spec.nodeName && !isTerminal(pod)) this.#place(info, pod.spec.nodeName);
  }

  removePod(key: string): void {
    const name = this.#placed.get(key);
    if (name === undefined) return;
    this.#placed.delete(key);
    const info = this.#nodes.get(name);
    info?.remove(key);
    if (info && !info.node && info.pods.size === 0) this.#nodes.delete(name);
  }

  assume(info: PodInfo, nodeName: string): void {
    this.removePod(info.key);
    this.#place(info, nodeName);
  }

  #place(info: PodInfo, nodeName: string): void {
    this.#info(nodeName).add(info);
    this.#placed.set(info.key, nodeName);
  }

  #info(name: string): NodeInfo {
    let info = this.#nodes.get(name);
    if (!info) {
      info = new NodeInfo(name);
      this.#nodes.set(name, info);
    }
    return info;
  }
}
