import type { NodeInfo, PodInfo } from "../cluster-view.ts";
import type { Plugin } from "./plugin.ts";

const mebibyte = 2 ** 20;
/** Below it a pull costs nothing worth speaking of; above it, for each container, more makes no difference. */
const [least, most] = [23 * mebibyte, 1000 * mebibyte];

/** Nodes that have the pod's images, or most of their bytes, need not pull them. */
export const imageLocality: Plugin = {
  name: "ImageLocality",

  prepare({ images }, cluster) {
    const nodes = cluster.nodes();
    const stocked = nodes.filter((node) => node.images.size > 0);
    const holders = images.map((image) => stocked.reduce((sum, node) => sum + (node.images.has(image) ? 1 : 0), 0));
    if (holders.every((count) => count === 0)) return undefined;
    const points = (pod: PodInfo, node: NodeInfo) => {
      // an image that few nodes have must not draw all pods to these few
      const bytes = pod.images.reduce(
        (sum, image, i) => sum + ((node.images.get(image) ?? 0) * (holders[i] ?? 0)) / nodes.length,
        0,
      );
      const ceiling = most * pod.images.length;
      return (100 * (Math.min(Math.max(bytes, least), ceiling) - least)) / (ceiling - least);
    };
    return { score: (pod, candidates) => candidates.map((node) => points(pod, node)) };
  },
};

/** As runtimes report images: with registry and tag. */
export function fullImageName(reference: string): string {
  const last = reference.slice(reference.lastIndexOf("/") + 1);
  const tagged = last.includes(":") || reference.includes("@") ? reference : `${reference}:latest`;
  const [first = "", ...rest] = tagged.split("/");
  if (rest.length === 0) return `docker.io/library/${tagged}`;
  return /[.:]|^localhost$/.test(first) ? tagged : `docker.io/${tagged}`;
}
