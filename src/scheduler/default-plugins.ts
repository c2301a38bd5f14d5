import { balanced, fit } from "./plugins/fit.ts";
import { imageLocality } from "./plugins/image-locality.ts";
import { nodeAffinity } from "./plugins/node-affinity.ts";
import type { Plugin } from "./plugins/plugin.ts";
import { podAffinity } from "./plugins/pod-affinity.ts";
import { hostPorts } from "./plugins/ports.ts";
import { nodeUnschedulable, taints } from "./plugins/taints.ts";
import { topologySpread } from "./plugins/topology-spread.ts";

/** Kubernetes' own, in the order in which they reject. */
export const defaultPlugins: readonly Plugin[] = [
  nodeUnschedulable,
  taints,
  nodeAffinity,
  hostPorts,
  fit,
  balanced,
  topologySpread,
  podAffinity,
  imageLocality,
];
