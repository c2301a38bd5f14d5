import { PodTemplateSpec } from "#api/core/v1/pod.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { bool, enumOf, type Infer, int, list, long, ref, string, struct, time } from "#schema/nodes.ts";
import { jobColumns } from "./job.columns.ts";
import { deriveJob, deriveJobSpec } from "./job.defaults.ts";
import { checkJobSpec, jobRules } from "./job.rules.ts";

export const PodFailurePolicyOnExitCodesRequirement = struct(
  "io.k8s.api.batch.v1.PodFailurePolicyOnExitCodesRequirement",
  {
    containerName: string({ tag: 1 }),
    operator: enumOf(["In", "NotIn"], { tag: 2, required: true, keepEmpty: true }),
    values: list(int(), { tag: 3, required: true, listType: "set" }),
  },
);

export interface PodFailurePolicyOnExitCodesRequirement extends Infer<typeof PodFailurePolicyOnExitCodesRequirement> {}

export const PodFailurePolicyOnPodConditionsPattern = struct(
  "io.k8s.api.batch.v1.PodFailurePolicyOnPodConditionsPattern",
  {
    type: string({ tag: 1, required: true, keepEmpty: true }),
    status: string({ tag: 2, required: true, keepEmpty: true }),
  },
);

export interface PodFailurePolicyOnPodConditionsPattern extends Infer<typeof PodFailurePolicyOnPodConditionsPattern> {}

export const PodFailurePolicyRule = struct("io.k8s.api.batch.v1.PodFailurePolicyRule", {
  action: enumOf(["FailJob", "FailIndex", "Ignore", "Count"], { tag: 1, required: true, keepEmpty: true }),
  onExitCodes: ref(PodFailurePolicyOnExitCodesRequirement, { tag: 2 }),
  onPodConditions: list(PodFailurePolicyOnPodConditionsPattern, { tag: 3 }),
});

export interface PodFailurePolicyRule extends Infer<typeof PodFailurePolicyRule> {}

export const PodFailurePolicy = struct("io.k8s.api.batch.v1.PodFailurePolicy", {
  rules: list(PodFailurePolicyRule, { tag: 1 }),
});

export interface PodFailurePolicy extends Infer<typeof PodFailurePolicy> {}

export const SuccessPolicyRule = struct("io.k8s.api.batch.v1.SuccessPolicyRule", {
  succeededIndexes: string({ tag: 1 }),
  succeededCount: int({ tag: 2 }),
});

export interface SuccessPolicyRule extends Infer<typeof SuccessPolicyRule> {}

export const SuccessPolicy = struct("io.k8s.api.batch.v1.SuccessPolicy", {
  rules: list(SuccessPolicyRule, { tag: 1 }),
});

export interface SuccessPolicy extends Infer<typeof SuccessPolicy> {}

export const JobSpec = struct(
  "io.k8s.api.batch.v1.JobSpec",
  {
    parallelism: int({ tag: 1, description: "How many pods may run at the same time; 1 by default." }),
    completions: int({
      tag: 2,
      description:
        "How many pods must succeed; none means that the success of one is enough and the others decide when they end.",
    }),
    activeDeadlineSeconds: long({ tag: 3, description: "Seconds after which the job fails." }),
    podFailurePolicy: ref(PodFailurePolicy, { tag: 11, description: "What failures of pods mean for the job." }),
    successPolicy: ref(SuccessPolicy, {
      tag: 16,
      description: "When the job counts as successful before all its indexes have succeeded.",
    }),
    backoffLimit: int({ tag: 7, description: "Failures of pods after which the job fails; 6 by default." }),
    backoffLimitPerIndex: int({ tag: 12, description: "Failures of one index after which that index fails." }),
    maxFailedIndexes: int({ tag: 13, description: "Failed indexes after which the job fails." }),
    selector: ref(LabelSelector, { tag: 4, description: "Labels of its pods; the server sets them." }),
    manualSelector: bool({ tag: 5, description: "The selector is given by hand." }),
    template: ref(PodTemplateSpec, {
      tag: 6,
      required: true,
      keepEmpty: true,
      description: "What the pods look like.",
    }),
    ttlSecondsAfterFinished: int({ tag: 8, description: "Seconds after its end after which the job is deleted." }),
    completionMode: enumOf(["NonIndexed", "Indexed"], {
      tag: 9,
      description: "NonIndexed counts successes; Indexed gives each pod a number from 0 and counts each number once.",
    }),
    suspend: bool({ tag: 10, description: "No pods run while it is true." }),
    podReplacementPolicy: enumOf(["TerminatingOrFailed", "Failed"], {
      tag: 14,
      description: "When a pod that ends badly is replaced: as soon as it is on its way out, or once it has failed.",
    }),
    managedBy: string({ tag: 15, description: "Who sees to the job, when it is not the controller of this cluster." }),
  },
  { description: "What a job should run.", check: (v, path) => checkJobSpec(v, path), derive: (v) => deriveJobSpec(v) },
);

export interface JobSpec extends Infer<typeof JobSpec> {}

export const JobCondition = struct("io.k8s.api.batch.v1.JobCondition", {
  type: string({ tag: 1, required: true, keepEmpty: true }),
  status: string({ tag: 2, required: true, keepEmpty: true }),
  lastProbeTime: time({ tag: 3 }),
  lastTransitionTime: time({ tag: 4 }),
  reason: string({ tag: 5 }),
  message: string({ tag: 6 }),
});

export interface JobCondition extends Infer<typeof JobCondition> {}

export const UncountedTerminatedPods = struct("io.k8s.api.batch.v1.UncountedTerminatedPods", {
  succeeded: list(string(), { tag: 1, listType: "set" }),
  failed: list(string(), { tag: 2, listType: "set" }),
});

export interface UncountedTerminatedPods extends Infer<typeof UncountedTerminatedPods> {}

export const JobStatus = struct("io.k8s.api.batch.v1.JobStatus", {
  conditions: list(JobCondition, {
    tag: 1,
    patch: "merge",
    mergeKey: "type",
    description: "What holds for it now: Suspended, SuccessCriteriaMet, FailureTarget, Complete, Failed.",
  }),
  startTime: time({ tag: 2, description: "When it began to run." }),
  completionTime: time({ tag: 3, description: "When it had succeeded." }),
  active: int({ tag: 4, omitZero: true, description: "Pods that wait or run." }),
  succeeded: int({ tag: 5, omitZero: true, description: "Pods that succeeded." }),
  failed: int({ tag: 6, omitZero: true, description: "Pods that failed." }),
  terminating: int({ tag: 11, description: "Pods on their way out." }),
  completedIndexes: string({ tag: 7, description: "Numbers that succeeded, as 0,2-4." }),
  failedIndexes: string({ tag: 10, description: "Numbers that failed, as 0,2-4." }),
  uncountedTerminatedPods: ref(UncountedTerminatedPods, {
    tag: 8,
    description: "Pods that have ended and are about to be counted.",
  }),
  ready: int({ tag: 9, description: "Pods that are ready." }),
});

export interface JobStatus extends Infer<typeof JobStatus> {}

export const Job = kubeObject(
  "io.k8s.api.batch.v1.Job",
  {
    spec: ref(JobSpec, { tag: 2, default: {}, description: "What should run." }),
    status: ref(JobStatus, { tag: 3, description: "How far it is." }),
  },
  { description: "Runs pods until enough of them have succeeded.", derive: (v) => deriveJob(v) },
);

export interface Job extends Infer<typeof Job>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const Jobs = defineResource<Job>({
  group: "batch",
  version: "v1",
  kind: "Job",
  plural: "jobs",
  scope: "Namespaced",
  schema: Job,
  categories: ["all"],
  subresources: ["status"],
  columns: jobColumns,
  selectableFields: { "status.successful": ({ status }) => String(status?.succeeded ?? 0) },
  rules: jobRules,
});
