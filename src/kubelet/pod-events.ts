import type { Pod } from "#api/core/v1/pod.ts";
import type { EventRecorder } from "#controller/events.ts";
import type { ContainerKind } from "./names.ts";

/** Records what happened to one container of a pod. */
export interface ContainerEvents {
  normal(reason: string, message: string): void;
  warning(reason: string, message: string): void;
}

export function podEvents(recorder: EventRecorder, pod: Pod): ContainerEvents {
  return {
    normal: (reason, message) => recorder.event(pod, "Normal", reason, message),
    warning: (reason, message) => recorder.event(pod, "Warning", reason, message),
  };
}

/** The Events also name the container's place in the pod, as `spec.containers{web}`. */
export function containerEvents(
  recorder: EventRecorder,
  pod: Pod,
  container: { readonly name: string; readonly kind: ContainerKind },
): ContainerEvents {
  const list = container.kind === "app" ? "containers" : "initContainers";
  const fieldPath = `spec.${list}{${container.name}}`;
  return {
    normal: (reason, message) => recorder.event(pod, "Normal", reason, message, { fieldPath }),
    warning: (reason, message) => recorder.event(pod, "Warning", reason, message, { fieldPath }),
  };
}
