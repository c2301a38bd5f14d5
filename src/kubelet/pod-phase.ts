import type { Pod } from "#api/core/v1/pod.ts";
import type { ContainerStatus, PodStatus } from "#api/core/v1/pod-status.ts";

export type Phase = NonNullable<PodStatus["phase"]>;

/** The phase that follows from the containers' statuses. `finished`: nothing will run any more. */
export function phaseOf(
  { spec }: Pod,
  init: readonly ContainerStatus[],
  containers: readonly ContainerStatus[],
  finished: boolean,
): Phase {
  const never = spec.restartPolicy === "Never";
  const isSidecar = (name: string) => spec.initContainers?.find((c) => c.name === name)?.restartPolicy === "Always";
  const plainInit = init.filter(({ name }) => !isSidecar(name));
  const failedInit = plainInit.filter(({ state }) => state?.terminated && state.terminated.exitCode !== 0);
  if (failedInit.length > 0 && (never || finished)) return "Failed";
  if (finished) return containers.every(({ state }) => state?.terminated?.exitCode === 0) ? "Succeeded" : "Failed";

  const waiting = containers.filter((status) => status.state?.waiting && !status.lastState?.terminated);
  const pendingInit = plainInit.some(({ state }) => state?.terminated?.exitCode !== 0);
  const begun = containers.some(({ state, lastState }) => state?.running || state?.terminated || lastState?.terminated);
  if ((pendingInit && !begun) || waiting.length > 0) return "Pending";
  return "Running";
}
