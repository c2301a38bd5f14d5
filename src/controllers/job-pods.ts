import type { Job } from "#api/batch/v1/job.ts";
import type { Container } from "#api/core/v1/container.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import type { Draft } from "#api/meta/object-meta.ts";
import { parseTime } from "#api/meta/time.ts";
import { hasFinalizer } from "#controller/finalizers.ts";
import { podFromTemplate } from "./pod-control.ts";
import { hasEnded, podCondition } from "./pods.ts";

/** Keeps a pod in the store until its end has been counted. */
export const trackingFinalizer = "batch.kubernetes.io/job-tracking";
export const completionIndex = "batch.kubernetes.io/job-completion-index";
const indexVariable = "JOB_COMPLETION_INDEX";

export const isTracked = (pod: Pod): boolean => hasFinalizer(pod, trackingFinalizer);
export const isIndexed = ({ spec }: Job): boolean => spec.completionMode === "Indexed";

/** The number of an Indexed job's pod; undefined for any other. */
export function indexOf(pod: Pod): number | undefined {
  const text = pod.metadata.annotations?.[completionIndex];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** How a pod has ended. One that was told to go counts as failed, unless it is replaced only when it really has. */
export function endOf(job: Job, pod: Pod): "succeeded" | "failed" | undefined {
  const { phase } = pod.status ?? {};
  if (phase === "Succeeded") return "succeeded";
  if (phase === "Failed") return "failed";
  const goes = pod.metadata.deletionTimestamp !== undefined;
  return goes && job.spec.podReplacementPolicy !== "Failed" ? "failed" : undefined;
}

export const isLeaving = (pod: Pod): boolean => pod.metadata.deletionTimestamp !== undefined && !hasEnded(pod);

/** When the last of its containers ended, or the best that is known of it. */
export function endTimeOf(pod: Pod): number {
  const ends = (pod.status?.containerStatuses ?? [])
    .map(({ state }) => parseTime(state?.terminated?.finishedAt))
    .filter((time) => !Number.isNaN(time));
  if (ends.length > 0) return Math.max(...ends);
  const { creationTimestamp, deletionTimestamp } = pod.metadata;
  const ready = parseTime(podCondition(pod, "Ready")?.lastTransitionTime);
  return Number.isNaN(ready) ? parseTime(deletionTimestamp ?? creationTimestamp) : ready;
}

/** A pod of the job; an Indexed job gives it a number that its containers can read. */
export function jobPod(job: Job, index?: number): Draft<Pod> {
  const pod = podFromTemplate(job, job.spec.template);
  const metadata = { ...pod.metadata, finalizers: [...(pod.metadata?.finalizers ?? []), trackingFinalizer] };
  if (index === undefined) return { ...pod, metadata };
  const mark = { [completionIndex]: String(index) };
  const { name } = job.metadata;
  const spec = job.spec.template.spec;
  return {
    metadata: {
      ...metadata,
      generateName: `${name}-${index}-`,
      labels: { ...metadata.labels, ...mark },
      annotations: { ...metadata.annotations, ...mark },
    },
    spec: {
      ...spec,
      hostname: `${name}-${index}`,
      ...(spec?.containers && { containers: spec.containers.map(withIndex) }),
      ...(spec?.initContainers && { initContainers: spec.initContainers.map(withIndex) }),
    },
  };
}

function withIndex(container: Container): Container {
  const { env = [] } = container;
  if (env.some(({ name }) => name === indexVariable)) return container;
  const fieldPath = `metadata.labels['${completionIndex}']`;
  return {
    ...container,
    env: [...env, { name: indexVariable, valueFrom: { fieldRef: { apiVersion: "v1", fieldPath } } }],
  };
}
