import type { Namespace } from "#api/core/v1/namespace.ts";
import type { Node } from "#api/core/v1/node.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { isTolerated } from "#api/core/v1/taints.ts";
import { assign } from "#scheduler/assign.ts";
import { ClusterView, type NodeInfo, type PodInfo, podInfo } from "#scheduler/cluster-view.ts";
import { defaultPlugins } from "#scheduler/default-plugins.ts";
import { formatQuantity, milliQuantity, quantityOf } from "#schema/quantity.ts";

export interface ClusterObjects {
  readonly nodes: readonly Node[];
  readonly pods: readonly Pod[];
  readonly namespaces: readonly Namespace[];
}

/** Why each node cannot take the pod, by the scheduler's own judgement made anew; an empty list is a node that can. */
export function nodeRefusals(pod: Pod, { nodes, pods, namespaces }: ClusterObjects): Map<string, readonly string[]> {
  const labels = new Map(namespaces.map(({ metadata }) => [metadata.name, metadata.labels]));
  const view = new ClusterView({ namespaceLabels: (name) => labels.get(name) });
  for (const node of nodes) view.setNode(node);
  for (const each of pods) view.setPod(each);
  const info = podInfo(pod);
  const assignment = assign(info, view, { plugins: defaultPlugins, tie: () => 0 });
  const rejections = assignment.node === undefined ? assignment.rejections : new Map<string, []>();
  return new Map(
    view.nodes().map((node): [string, string[]] => {
      const reasons = rejections.get(node.name) ?? [];
      return [node.name, reasons.map(({ reason }) => plain(reason, info, node))];
    }),
  );
}

const words: readonly (readonly [pattern: RegExp, text: string])[] = [
  [/were unschedulable/, "is cordoned (kubectl uncordon takes it in again)"],
  [
    /didn't match Pod's node affinity/,
    "does not have the labels that the pod's nodeSelector or node affinity asks for",
  ],
  [/didn't have free ports/, "another pod there holds the host port"],
  [/didn't match pod affinity rules/, "none of the pods that this pod wants to be near is there"],
  [/didn't match pod anti-affinity rules/, "a pod is there that this pod wants to be far from"],
  [/existing pods anti-affinity/, "a pod is there that does not want this one near"],
  [/missing required label/, "lacks the label over whose values the pod is to be spread"],
  [/topology spread/, "the pod would be spread too unevenly with one more there"],
];

function plain(reason: string, pod: PodInfo, node: NodeInfo): string {
  if (/untolerated taint/.test(reason)) return `has ${untolerated(pod, node)}, which the pod does not tolerate`;
  if (reason === "Too many pods") return `is full: it takes ${node.allocatable.pods} pods and has ${node.pods.size}`;
  const [, resource] = /^Insufficient (.+)$/.exec(reason) ?? [];
  if (resource !== undefined) return shortage(resource, pod, node);
  return words.find(([pattern]) => pattern.test(reason))?.[1] ?? reason;
}

function untolerated({ pod }: PodInfo, { node }: NodeInfo): string {
  const taints = (node?.spec.taints ?? []).filter(
    (taint) => taint.effect !== "PreferNoSchedule" && !isTolerated(taint, pod.spec.tolerations),
  );
  const shown = taints.map(({ key, value, effect }) => `${key}${value ? `=${value}` : ""}:${effect}`);
  return `${shown.length === 1 ? "the taint" : "the taints"} ${shown.join(", ")}`;
}

function shortage(resource: string, pod: PodInfo, node: NodeInfo): string {
  const amount = (value: number) =>
    formatQuantity(
      resource === "cpu" ? milliQuantity(value) : quantityOf(value, resource === "memory" ? "binarySI" : "decimalSI"),
    );
  const all = node.allocatable[resource] ?? 0;
  const free = Math.max(0, all - (node.requested[resource] ?? 0));
  return `has too little ${resource}: the pod asks for ${amount(pod.requests[resource] ?? 0)}, ${amount(free)} of ${amount(all)} is not promised yet`;
}
