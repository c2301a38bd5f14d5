import type { Container as ContainerSpec } from "#api/core/v1/container.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { annotationNames, type ContainerKind } from "./names.ts";
import type { Container, Sandbox } from "./runtime/runtime.ts";

export interface WantedContainer {
  readonly spec: ContainerSpec;
  readonly kind: ContainerKind;
}

/** All containers of a pod in the order in which they start. */
export function containersOf(pod: Pod): WantedContainer[] {
  return [
    ...(pod.spec.initContainers ?? []).map((spec) => ({
      spec,
      kind: spec.restartPolicy === "Always" ? ("sidecar" as const) : ("init" as const),
    })),
    ...(pod.spec.containers ?? []).map((spec) => ({ spec, kind: "app" as const })),
  ];
}

/** The sandbox in which the pod lives now: the newest one that is ready. */
export function currentSandbox(sandboxes: readonly Sandbox[]): Sandbox | undefined {
  return newestSandbox(sandboxes.filter(({ ready }) => ready));
}

export function newestSandbox(sandboxes: readonly Sandbox[]): Sandbox | undefined {
  return sandboxes.reduce<Sandbox | undefined>((newest, s) => (newest && !isNewer(s, newest) ? newest : s), undefined);
}

/** The containers of one name in all sandboxes, the newest first. */
export function historyOf(sandboxes: readonly Sandbox[], name: string): Container[] {
  return sandboxes
    .flatMap(({ containers }) => containers.filter((c) => c.name === name))
    .sort((a, b) => (isNewer(a, b) ? -1 : 1));
}

export const newestContainer = (sandboxes: readonly Sandbox[], name: string): Container | undefined =>
  historyOf(sandboxes, name)[0];

type Dated = { readonly attempt: number; readonly createdAt: number };
const isNewer = (a: Dated, b: Dated) => (a.attempt !== b.attempt ? a.attempt > b.attempt : a.createdAt > b.createdAt);

/** What of a container, when it changes in a living pod, asks for a new container. */
export const definitionOf = ({ name, image }: ContainerSpec): string => `${name}=${image}`;

export const hasChanged = (container: Container, spec: ContainerSpec): boolean => {
  const made = container.annotations[annotationNames.hash];
  return made !== undefined && made !== definitionOf(spec);
};

/** `web_default(4f0c…)`: how messages name a pod. */
export const podText = ({ metadata }: Pod): string => `${metadata.name}_${metadata.namespace}(${metadata.uid})`;
