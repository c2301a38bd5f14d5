import type { EventRecorder } from "#controller/events.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import type { PodCgroups } from "./cgroups/pod-cgroups.ts";
import type { ImagePuller } from "./image-puller.ts";
import type { DnsSettings } from "./pod-dns.ts";
import type { PodFiles } from "./pod-files.ts";
import type { References } from "./references.ts";
import type { Allocatable } from "./resource-field.ts";
import type { Runtime } from "./runtime/runtime.ts";
import type { Semaphore } from "./semaphore.ts";

/** What all pods of a node share. */
export interface PodContext {
  readonly runtime: Runtime;
  /** `containerd`: as container ids begin. */
  readonly runtimeName: string;
  readonly files: PodFiles;
  readonly cgroups: PodCgroups;
  readonly images: ImagePuller;
  readonly references: References;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
  readonly node: NodeFacts;
  /** Sandboxes being made at one time. */
  readonly sandboxSlots: Semaphore;
}

export interface NodeFacts {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly allocatable: Allocatable;
  readonly memoryBytes: number;
  readonly dns: DnsSettings;
  readonly cgroupRoot?: string;
}
