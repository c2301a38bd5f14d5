import type { Node } from "#api/core/v1/node.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { type Assignment, assign } from "./assign.ts";
import { type ClusterFacts, ClusterView, podInfo } from "./cluster-view.ts";
import { defaultPlugins } from "./default-plugins.ts";
import type { Plugin } from "./plugins/plugin.ts";

interface NodeFacts {
  readonly cpu?: string;
  readonly pods?: string;
  readonly labels?: Record<string, string>;
  readonly spec?: object;
  readonly images?: readonly object[];
}

export function node(name: string, facts: NodeFacts = {}): Node {
  const { cpu = "2", pods = "110", labels = {}, spec = {}, images = [] } = facts;
  const status = { allocatable: { cpu, memory: "4Gi", pods }, images };
  return { metadata: { name, labels: { "kubernetes.io/hostname": name, ...labels } }, spec, status } as unknown as Node;
}

let made = 0;

interface PodFacts {
  readonly cpu?: string;
  readonly owner?: string;
  readonly labels?: Record<string, string>;
  readonly namespace?: string;
  readonly status?: object;
}

export function pod(spec: object = {}, facts: PodFacts = {}): Pod {
  const { cpu = "100m", owner = "", labels = {}, namespace = "d", status = {} } = facts;
  const name = `pod-${made++}`;
  const ownerReferences = owner ? [{ uid: owner, controller: true }] : [];
  const containers = [{ name: "c", image: "app", resources: { requests: { cpu } } }];
  const metadata = { namespace, name, uid: name, labels, ownerReferences };
  return { metadata, spec: { containers, ...spec }, status } as unknown as Pod;
}

export function viewOf(nodes: readonly Node[], facts: ClusterFacts = {}): ClusterView {
  const view = new ClusterView(facts);
  for (const each of nodes) view.setNode(each);
  return view;
}

/** Assigns the pod and counts it where it went. */
export function place(view: ClusterView, candidate: Pod, plugins: readonly Plugin[] = defaultPlugins): Assignment {
  const info = podInfo(candidate);
  const assignment = assign(info, view, { plugins, tie: () => 0 });
  if (assignment.node !== undefined) view.assume(info, assignment.node);
  return assignment;
}

/** The node's name, or why there is none. */
export function answer(assignment: Assignment): string {
  return assignment.node ?? assignment.message;
}
