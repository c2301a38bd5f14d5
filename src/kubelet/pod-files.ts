import type { Container } from "#api/core/v1/container.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import type { PodPlace } from "./field-path.ts";
import type { Mount } from "./runtime/runtime.ts";

/** What a pod needs on the machine besides its containers. One engine writes real files; the other serves simulated nodes. */
export interface PodFiles {
  /** Where the logs of the pod's containers go. */
  logDirectory(pod: Pod): string;
  /** Makes the volumes ready, or brings them up to date. Throws VolumeError. */
  prepare(pod: Pod, place: PodPlace): Promise<void>;
  /** What is mounted into a container: volumes, the file of its termination message, /etc/hosts. */
  mounts(pod: Pod, container: Container, attempt: number, env: ReadonlyMap<string, string>): Promise<Mount[]>;
  /** Writes /etc/hosts; must be done before the first container starts. */
  writeHosts(pod: Pod, hostname: string, podIPs: readonly string[]): Promise<void>;
  /** What an ended container left behind. */
  terminationMessage(pod: Pod, container: Container, ended: Ended): Promise<string | undefined>;
  /** Makes room for a container's log, and takes away those that are too old to be asked for. */
  pruneLogs(pod: Pod, container: string, attempt: number): Promise<void>;
  /** Takes everything of the pod away; what is not ours (hostPath) stays. */
  cleanUp(pod: Pick<Pod, "metadata">): Promise<void>;
  /** Pods that something is left of, for cleaning up after pods that went while the agent was away. */
  leftovers(): Promise<readonly Pick<Pod, "metadata">[]>;
}

export interface Ended {
  readonly attempt: number;
  readonly exitCode: number;
}

/** A volume that cannot be made ready. */
export class VolumeError extends Error {
  readonly volume: string;

  constructor(volume: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "VolumeError";
    this.volume = volume;
  }
}
