import { PodTemplateSpec } from "#api/core/v1/pod.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { bool, enumOf, type Infer, int, intOrString, list, long, ref, string, struct, time } from "#schema/nodes.ts";
import { deploymentColumns } from "./deployment.columns.ts";
import { deriveDeployment, deriveDeploymentSpec } from "./deployment.defaults.ts";
import { checkDeploymentSpec, checkStrategy, deploymentRules } from "./deployment.rules.ts";
import { scaleOf, withScale } from "./scale-of.ts";

export const RollingUpdateDeployment = struct("io.k8s.api.apps.v1.RollingUpdateDeployment", {
  maxUnavailable: intOrString({ tag: 1 }),
  maxSurge: intOrString({ tag: 2 }),
});

export interface RollingUpdateDeployment extends Infer<typeof RollingUpdateDeployment> {}

export const DeploymentStrategy = struct(
  "io.k8s.api.apps.v1.DeploymentStrategy",
  {
    type: enumOf(["Recreate", "RollingUpdate"], { tag: 1 }),
    rollingUpdate: ref(RollingUpdateDeployment, { tag: 2 }),
  },
  { check: (v, path) => checkStrategy(v, path) },
);

export interface DeploymentStrategy extends Infer<typeof DeploymentStrategy> {}

export const DeploymentSpec = struct(
  "io.k8s.api.apps.v1.DeploymentSpec",
  {
    replicas: int({ tag: 1 }),
    selector: ref(LabelSelector, { tag: 2, required: true }),
    template: ref(PodTemplateSpec, { tag: 3, required: true, keepEmpty: true }),
    strategy: ref(DeploymentStrategy, { tag: 4, patch: "retainKeys" }),
    minReadySeconds: int({ tag: 5 }),
    revisionHistoryLimit: int({ tag: 6 }),
    paused: bool({ tag: 7 }),
    progressDeadlineSeconds: int({ tag: 9 }),
  },
  { derive: (v) => deriveDeploymentSpec(v), check: (v, path) => checkDeploymentSpec(v, path) },
);

export interface DeploymentSpec extends Infer<typeof DeploymentSpec> {}

export const DeploymentCondition = struct("io.k8s.api.apps.v1.DeploymentCondition", {
  type: string({ tag: 1, required: true, keepEmpty: true }),
  status: string({ tag: 2, required: true, keepEmpty: true }),
  lastUpdateTime: time({ tag: 6 }),
  lastTransitionTime: time({ tag: 7 }),
  reason: string({ tag: 4 }),
  message: string({ tag: 5 }),
});

export interface DeploymentCondition extends Infer<typeof DeploymentCondition> {}

export const DeploymentStatus = struct("io.k8s.api.apps.v1.DeploymentStatus", {
  observedGeneration: long({ tag: 1 }),
  replicas: int({ tag: 2 }),
  updatedReplicas: int({ tag: 3 }),
  readyReplicas: int({ tag: 7 }),
  availableReplicas: int({ tag: 4 }),
  unavailableReplicas: int({ tag: 5 }),
  terminatingReplicas: int({ tag: 9 }),
  conditions: list(DeploymentCondition, { tag: 6, patch: "merge", mergeKey: "type", listType: "map", keys: ["type"] }),
  collisionCount: int({ tag: 8 }),
});

export interface DeploymentStatus extends Infer<typeof DeploymentStatus> {}

export const Deployment = kubeObject(
  "io.k8s.api.apps.v1.Deployment",
  {
    spec: ref(DeploymentSpec, { tag: 2, default: {} }),
    status: ref(DeploymentStatus, { tag: 3 }),
  },
  { derive: (v) => deriveDeployment(v) },
);

export interface Deployment extends Infer<typeof Deployment>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const Deployments = defineResource<Deployment>({
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  scope: "Namespaced",
  schema: Deployment,
  shortNames: ["deploy"],
  categories: ["all"],
  subresources: ["status", "scale"],
  columns: deploymentColumns,
  scale: { read: scaleOf, write: withScale },
  rules: deploymentRules,
});
