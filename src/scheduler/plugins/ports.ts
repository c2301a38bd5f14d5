import type { Plugin } from "./plugin.ts";

/** Two pods cannot hold one port of a node, and an address 0.0.0.0 holds it on all. */
export const hostPorts: Plugin = {
  name: "NodePorts",
  wakesOn: ["node", "podGone"],
  filter(pod, node) {
    if (pod.hostPorts.length === 0) return [];
    const taken = [...node.pods.values()].flatMap((other) => other.hostPorts);
    if (!pod.hostPorts.some((mine) => taken.some((theirs) => collide(mine, theirs)))) return [];
    return [{ reason: "node(s) didn't have free ports for the requested pod ports", resolvable: true }];
  },
};

function collide(a: string, b: string): boolean {
  const [addressA, protocolA, portA] = a.split("/");
  const [addressB, protocolB, portB] = b.split("/");
  if (protocolA !== protocolB || portA !== portB) return false;
  return addressA === addressB || addressA === "0.0.0.0" || addressB === "0.0.0.0";
}
