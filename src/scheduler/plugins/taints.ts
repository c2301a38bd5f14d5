import { isTolerated } from "#api/core/v1/taints.ts";
import { normalize, type Plugin } from "./plugin.ts";

const unschedulable = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" } as const;

/** A cordoned node takes no new pods. */
export const nodeUnschedulable: Plugin = {
  name: "NodeUnschedulable",
  filter(pod, { node }) {
    if (!node?.spec.unschedulable || isTolerated(unschedulable, pod.pod.spec.tolerations)) return [];
    return [{ reason: "node(s) were unschedulable", resolvable: false }];
  },
};

/** Taints keep pods away that do not tolerate them; PreferNoSchedule only makes a node less liked. */
export const taints: Plugin = {
  name: "TaintToleration",
  weight: 3,

  filter(pod, { node }) {
    const refused = node?.spec.taints?.some(
      (taint) => taint.effect !== "PreferNoSchedule" && !isTolerated(taint, pod.pod.spec.tolerations),
    );
    return refused ? [{ reason: "node(s) had untolerated taint(s)", resolvable: false }] : [];
  },

  score(pod, nodes) {
    const intolerable = nodes.map(
      ({ node }) =>
        (node?.spec.taints ?? []).filter(
          (taint) => taint.effect === "PreferNoSchedule" && !isTolerated(taint, pod.pod.spec.tolerations),
        ).length,
    );
    return normalize(intolerable, true);
  },
};
