import { normalize, type Plugin } from "../plugins/plugin.ts";

/** The node with the fewest pods. */
export const leastPod: Plugin = {
  name: "LeastPod",
  score: (_, nodes) =>
    normalize(
      nodes.map(({ pods }) => pods.size),
      true,
    ),
};
