import type { Plugin } from "../plugins/plugin.ts";

/** Any of the nodes that can take the pod. */
export const random = (tie: () => number): Plugin => ({
  name: "Random",
  score(_, nodes) {
    const chosen = Math.floor(tie() * nodes.length);
    return nodes.map((_, i) => (i === chosen ? 100 : 0));
  },
});
