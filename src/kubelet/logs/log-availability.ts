import type { Pod } from "#api/core/v1/pod.ts";

const imageProblems: Readonly<Record<string, string>> = {
  ErrImagePull: "image can't be pulled",
  ImagePullBackOff: "trying and failing to pull image",
};

/** Why there is no log of a container, in the kubelet's words; `undefined` when there is one. */
export function whyNoLog(pod: Pod, container: string, previous: boolean): string | undefined {
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
  const status = [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].find(
    ({ name }) => name === container,
  );
  const about = `container "${container}" in pod "${pod.metadata.name}"`;
  if (!status) return `${about} is not available`;
  const { state, lastState } = status;
  if (previous) return lastState?.terminated ? undefined : `previous terminated ${about} not found`;
  if (state?.running) return undefined;
  if (state?.terminated) {
    return state.terminated.containerID || lastState?.terminated?.containerID ? undefined : `${about} is terminated`;
  }
  if (lastState?.terminated) return lastState.terminated.containerID ? undefined : `${about} is terminated`;
  if (!state?.waiting) return `${about} is waiting to start - no logs yet`;
  const reason = state.waiting.reason ?? "";
  return `${about} is waiting to start: ${imageProblems[reason] ?? reason}`;
}
