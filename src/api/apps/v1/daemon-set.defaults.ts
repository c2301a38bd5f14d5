import type { DaemonSet, DaemonSetSpec, DaemonSetStatus } from "./daemon-set.ts";

export const emptyDaemonSetStatus = (): DaemonSetStatus => ({
  currentNumberScheduled: 0,
  numberMisscheduled: 0,
  desiredNumberScheduled: 0,
  numberReady: 0,
});

export function deriveDaemonSet(set: DaemonSet): void {
  set.status ??= emptyDaemonSetStatus();
}

export function deriveDaemonSetSpec(spec: DaemonSetSpec): void {
  spec.revisionHistoryLimit ??= 10;
  spec.updateStrategy ??= {};
  spec.updateStrategy.type ??= "RollingUpdate";
  if (spec.updateStrategy.type !== "RollingUpdate") return;
  spec.updateStrategy.rollingUpdate = { maxUnavailable: 1, maxSurge: 0, ...spec.updateStrategy.rollingUpdate };
}
