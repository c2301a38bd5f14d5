import { normalize, type Plugin } from "./plugin.ts";

/** Pods of one controller go to the nodes that have fewest of them. */
export const spread: Plugin = {
  name: "PodTopologySpread",
  weight: 2,
  score: (pod, nodes) =>
    normalize(
      nodes.map((node) => node.podsOfOwner(pod.ownerUid)),
      true,
    ),
};
