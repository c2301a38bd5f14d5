import type { Deployment, DeploymentSpec } from "./deployment.ts";

export function deriveDeployment(deployment: Deployment): void {
  deployment.status ??= {};
}

export function deriveDeploymentSpec(spec: DeploymentSpec): void {
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  spec.progressDeadlineSeconds ??= 600;
  spec.strategy ??= {};
  spec.strategy.type ??= "RollingUpdate";
  if (spec.strategy.type !== "RollingUpdate") return;
  spec.strategy.rollingUpdate = { maxUnavailable: "25%", maxSurge: "25%", ...spec.strategy.rollingUpdate };
}
