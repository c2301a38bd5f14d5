import { nodeAllowed, termMatches } from "#api/core/v1/node-affinity.ts";
import { normalize, type Plugin } from "./plugin.ts";

/** nodeSelector and node affinity: required terms must match, preferred ones add their weight. */
export const nodeAffinity: Plugin = {
  name: "NodeAffinity",
  weight: 2,

  filter(pod, { node }) {
    if (node && nodeAllowed(pod.pod.spec, node)) return [];
    return [{ reason: "node(s) didn't match Pod's node affinity/selector", resolvable: false }];
  },

  score(pod, nodes) {
    const preferred = pod.pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    const raw = nodes.map(({ node }) =>
      preferred.reduce((sum, term) => sum + (node && termMatches(term.preference, node) ? term.weight : 0), 0),
    );
    return normalize(raw);
  },
};
