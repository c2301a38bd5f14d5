/** Labels and annotations that the kubelet writes on sandboxes and containers, and reads again after a restart. */
export const labelNames = {
  /** `init`, `sidecar` or `app`. */
  containerKind: "io.minik8s.container.kind",
} as const;

export const annotationNames = {
  /** Changes when the container must be made anew for a changed pod. */
  hash: "io.kubernetes.container.hash",
  restartCount: "io.kubernetes.container.restartCount",
  /** Milliseconds that must pass between the exit of this container and the start of its successor. */
  backoff: "io.minik8s.container.backoff",
} as const;

export type ContainerKind = "init" | "sidecar" | "app";
