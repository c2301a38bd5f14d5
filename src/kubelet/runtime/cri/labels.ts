import type { PodIdentity } from "../runtime.ts";

/** The labels by which everyone who looks at a node's containers knows the pod they belong to. */
const podNameLabel = "io.kubernetes.pod.name";
const podNamespaceLabel = "io.kubernetes.pod.namespace";
export const podUidLabel = "io.kubernetes.pod.uid";
export const containerNameLabel = "io.kubernetes.container.name";

export const podLabels = (pod: PodIdentity): Record<string, string> => ({
  [podNameLabel]: pod.name,
  [podNamespaceLabel]: pod.namespace,
  [podUidLabel]: pod.uid,
});

export const podOf = (labels: Readonly<Record<string, string>>): PodIdentity => ({
  name: labels[podNameLabel] ?? "",
  namespace: labels[podNamespaceLabel] ?? "",
  uid: labels[podUidLabel] ?? "",
});
