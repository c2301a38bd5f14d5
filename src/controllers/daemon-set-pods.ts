import type { DaemonSet } from "#api/apps/v1/daemon-set.ts";
import type { Node } from "#api/core/v1/node.ts";
import { nodeAllowed } from "#api/core/v1/node-affinity.ts";
import type { Pod, PodSpec } from "#api/core/v1/pod.ts";
import type { Toleration } from "#api/core/v1/scheduling.ts";
import { isTolerated } from "#api/core/v1/taints.ts";
import type { Draft } from "#api/meta/object-meta.ts";
import { podFromTemplate } from "./pod-control.ts";
import { revisionHash } from "./revision-history.ts";

export const templateGeneration = "deprecated.daemonset.template.generation";
const generationLabel = "pod-template-generation";

/** A daemon stays where other pods would have to go, and starts where they would not. */
const always: readonly Toleration[] = [
  { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/disk-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/memory-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/pid-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/unschedulable", operator: "Exists", effect: "NoSchedule" },
];
/** Who uses the node's network may be what brings up that of the pods. */
const withHostNetwork: Toleration = {
  key: "node.kubernetes.io/network-unavailable",
  operator: "Exists",
  effect: "NoSchedule",
};

function tolerationsOf(spec: PodSpec | undefined): Toleration[] {
  const added = [...always, ...(spec?.hostNetwork ? [withHostNetwork] : [])];
  const given = spec?.tolerations ?? [];
  const same = (a: Toleration, b: Toleration) => a.key === b.key && a.effect === b.effect && a.operator === b.operator;
  return [...given, ...added.filter((toleration) => !given.some((each) => same(each, toleration)))];
}

export interface Fit {
  /** The node should get a pod. */
  readonly run: boolean;
  /** A pod that is there may stay. */
  readonly stay: boolean;
}

/** Whether a node is one of those that the set is for. */
export function fits({ spec }: DaemonSet, node: Node): Fit {
  const pod = spec.template.spec;
  const { name } = node.metadata;
  if ((pod?.nodeName && pod.nodeName !== name) || !nodeAllowed(pod ?? {}, node)) return { run: false, stay: false };
  const tolerations = tolerationsOf(pod);
  const refused = (node.spec.taints ?? []).filter((taint) => !isTolerated(taint, tolerations));
  return {
    run: !refused.some(({ effect }) => effect === "NoSchedule" || effect === "NoExecute"),
    stay: !refused.some(({ effect }) => effect === "NoExecute"),
  };
}

/** The node that a pod runs on, or is meant for while it waits for the scheduler. */
export function targetOf({ spec }: Pod): string | undefined {
  if (spec.nodeName) return spec.nodeName;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  for (const { matchFields = [] } of required?.nodeSelectorTerms ?? []) {
    const [field] = matchFields;
    if (matchFields.length === 1 && field?.key === "metadata.name") return field.values?.[0];
  }
  return undefined;
}

/** A pod for one node; it still goes through the scheduler, which knows what is free there. */
export function daemonPod(set: DaemonSet, node: string, hash: string): Draft<Pod> {
  const pod = podFromTemplate(set, set.spec.template);
  const spec = set.spec.template.spec;
  const generation = set.metadata.annotations?.[templateGeneration];
  const labels = {
    ...pod.metadata?.labels,
    [revisionHash]: hash,
    ...(generation && { [generationLabel]: generation }),
  };
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const matchFields = [{ key: "metadata.name", operator: "In" as const, values: [node] }];
  const terms = required?.nodeSelectorTerms ?? [{}];
  return {
    metadata: { ...pod.metadata, labels },
    spec: {
      ...spec,
      tolerations: tolerationsOf(spec),
      affinity: {
        ...spec?.affinity,
        nodeAffinity: {
          ...spec?.affinity?.nodeAffinity,
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: terms.map((term) => ({ ...term, matchFields })),
          },
        },
      },
    },
  };
}
