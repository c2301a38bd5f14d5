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
  maxUnavailable: intOrString({
    tag: 1,
    description: "How many pods may be missing, as a number or a share of all; 25% by default.",
  }),
  maxSurge: intOrString({
    tag: 2,
    description: "How many pods there may be too many, as a number or a share of all; 25% by default.",
  }),
});

export interface RollingUpdateDeployment extends Infer<typeof RollingUpdateDeployment> {}

export const DeploymentStrategy = struct(
  "io.k8s.api.apps.v1.DeploymentStrategy",
  {
    type: enumOf(["Recreate", "RollingUpdate"], {
      tag: 1,
      description: "RollingUpdate replaces pods little by little; Recreate stops all first.",
    }),
    rollingUpdate: ref(RollingUpdateDeployment, { tag: 2, description: "How many at a time." }),
  },
  { check: (v, path) => checkStrategy(v, path) },
);

export interface DeploymentStrategy extends Infer<typeof DeploymentStrategy> {}

export const DeploymentSpec = struct(
  "io.k8s.api.apps.v1.DeploymentSpec",
  {
    replicas: int({ tag: 1, description: "How many pods; 1 by default." }),
    selector: ref(LabelSelector, {
      tag: 2,
      description: "Labels of the pods that belong to it. Must match the template; cannot change later.",
      required: true,
    }),
    template: ref(PodTemplateSpec, {
      tag: 3,
      description: "What the pods look like. A change of it begins a rollout.",
      required: true,
      keepEmpty: true,
    }),
    strategy: ref(DeploymentStrategy, {
      tag: 4,
      description: "How old pods are replaced by new ones.",
      patch: "retainKeys",
    }),
    minReadySeconds: int({
      tag: 5,
      omitZero: true,
      description: "How long a pod must be ready to count as available.",
    }),
    revisionHistoryLimit: int({
      tag: 6,
      description: "How many old replica sets are kept for rollbacks; 10 by default.",
    }),
    paused: bool({ tag: 7, omitZero: true, description: "Changes wait while it is true." }),
    progressDeadlineSeconds: int({
      tag: 9,
      description: "Seconds without progress after which a rollout counts as failed; 600 by default.",
    }),
  },
  {
    description: "What a deployment should run.",
    derive: (v) => deriveDeploymentSpec(v),
    check: (v, path) => checkDeploymentSpec(v, path),
  },
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
  observedGeneration: long({ tag: 1, omitZero: true, description: "The generation that this status is about." }),
  replicas: int({ tag: 2, omitZero: true, description: "Pods that exist." }),
  updatedReplicas: int({ tag: 3, omitZero: true, description: "Pods made from the template as it is now." }),
  readyReplicas: int({ tag: 7, omitZero: true, description: "Pods that are ready." }),
  availableReplicas: int({ tag: 4, omitZero: true, description: "Pods that have been ready long enough." }),
  unavailableReplicas: int({ tag: 5, omitZero: true, description: "Pods that are still missing." }),
  terminatingReplicas: int({ tag: 9 }),
  conditions: list(DeploymentCondition, {
    tag: 6,
    description: "What holds for it now: Available, Progressing.",
    patch: "merge",
    mergeKey: "type",
    listType: "map",
    keys: ["type"],
  }),
  collisionCount: int({ tag: 8, description: "Makes names of replica sets unique." }),
});

export interface DeploymentStatus extends Infer<typeof DeploymentStatus> {}

export const Deployment = kubeObject(
  "io.k8s.api.apps.v1.Deployment",
  {
    spec: ref(DeploymentSpec, { tag: 2, description: "What should run.", default: {} }),
    status: ref(DeploymentStatus, { tag: 3, description: "How far it is." }),
  },
  {
    description: "Keeps a number of equal pods running and replaces them step by step when their template changes.",
    derive: (v) => deriveDeployment(v),
  },
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
