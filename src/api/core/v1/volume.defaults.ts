import { defaultPullPolicy } from "./image-tag.ts";
import type {
  HostPathVolumeSource,
  ImageVolumeSource,
  PersistentVolumeClaimSpec,
  ServiceAccountTokenProjection,
  Volume,
} from "./volume.ts";

/** A volume that names no source is an empty folder. */
export function deriveVolume(volume: Volume): void {
  if (Object.keys(volume).every((field) => field === "name")) volume.emptyDir = {};
}

export function deriveHostPath(source: HostPathVolumeSource): void {
  source.type ??= "";
}

/** Files are readable by all, writable by their owner. */
export function deriveFileModes(source: { defaultMode?: number }): void {
  source.defaultMode ??= 0o644;
}

export function deriveTokenProjection(source: ServiceAccountTokenProjection): void {
  source.expirationSeconds ??= 3600;
}

export function deriveEphemeralClaim(spec: PersistentVolumeClaimSpec): void {
  spec.volumeMode ??= "Filesystem";
}

export function deriveImageVolume(source: ImageVolumeSource): void {
  source.pullPolicy ??= defaultPullPolicy(source.reference);
}
