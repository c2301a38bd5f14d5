import type { Pod } from "#api/core/v1/pod.ts";

/** A pod of this node as the HTTP server needs to see it. */
export interface PodView {
  /** With the status as the kubelet knows it now. */
  readonly pod: Pod;
  /** `undefined` while there is none. */
  readonly sandboxId: string | undefined;
  /** The runtime's id of the last container of that name that ran, or of the one before it. */
  containerId(container: string, previous?: boolean): string | undefined;
  logPath(container: string, previous: boolean): string | undefined;
  isRunning(container: string): boolean;
}

export interface PodLookup {
  find(namespace: string, name: string): PodView | undefined;
  all(): readonly Pod[];
}

export function specOf(pod: Pod, container: string) {
  const { containers, initContainers = [], ephemeralContainers = [] } = pod.spec ?? { containers: [] };
  return [...(containers ?? []), ...initContainers, ...ephemeralContainers].find(({ name }) => name === container);
}
