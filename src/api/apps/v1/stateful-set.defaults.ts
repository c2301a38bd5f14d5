import type { StatefulSet, StatefulSetSpec } from "./stateful-set.ts";

export function deriveStatefulSet(set: StatefulSet): void {
  set.status ??= { replicas: 0, availableReplicas: 0 };
}

export function deriveStatefulSetSpec(spec: StatefulSetSpec): void {
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  spec.podManagementPolicy ??= "OrderedReady";
  const { persistentVolumeClaimRetentionPolicy: kept = {} } = spec;
  kept.whenDeleted ||= "Retain";
  kept.whenScaled ||= "Retain";
  spec.persistentVolumeClaimRetentionPolicy = kept;
  for (const claim of spec.volumeClaimTemplates ?? []) claim.status ??= { phase: "Pending" };
  spec.updateStrategy ??= {};
  spec.updateStrategy.type ??= "RollingUpdate";
  if (spec.updateStrategy.type !== "RollingUpdate") return;
  spec.updateStrategy.rollingUpdate = { partition: 0, ...spec.updateStrategy.rollingUpdate };
}
