import type { Plugin } from "../plugins/plugin.ts";

/** One node after the other, in the order of their names; those that cannot take the pod are passed over. */
export function roundRobin(): Plugin {
  let last = "";
  return {
    name: "RoundRobin",
    score(_, nodes) {
      const names = nodes.map(({ name }) => name).toSorted((a, b) => a.localeCompare(b, "en", { numeric: true }));
      const next = names.find((name) => name.localeCompare(last, "en", { numeric: true }) > 0) ?? names[0] ?? "";
      last = next;
      return nodes.map(({ name }) => (name === next ? 100 : 0));
    },
  };
}
