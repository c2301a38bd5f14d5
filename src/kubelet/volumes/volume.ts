import type { Pod } from "#api/core/v1/pod.ts";
import type { Volume as VolumeSpec } from "#api/core/v1/volume.ts";
import type { AccountTokens } from "../account-tokens.ts";
import type { PodPlace } from "../field-path.ts";
import type { References } from "../references.ts";
import type { Allocatable } from "../resource-field.ts";

export interface VolumeContext {
  readonly pod: Pod;
  readonly place: PodPlace;
  readonly references: References;
  readonly tokens: AccountTokens;
  readonly allocatable: Allocatable;
  /** The volume's own folder; made by the volume itself. */
  readonly folder: string;
}

/** A kind of volume. Making one ready again brings it up to date; what a running pod has open stays valid. */
export interface VolumeKind {
  /** How Kubernetes names the kind's folders: `kubernetes.io~empty-dir`. */
  readonly folder: string;
  handles(spec: VolumeSpec): boolean;
  /** Resolves with the path that containers mount. */
  prepare(spec: VolumeSpec, context: VolumeContext): Promise<string>;
}
