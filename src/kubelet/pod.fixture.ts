/** Pods and sandboxes as tests describe them: only what matters for the case. */
import type { Pod, PodSpec } from "#api/core/v1/pod.ts";
import type { PodStatus } from "#api/core/v1/pod-status.ts";
import type { Container, Sandbox } from "./runtime/runtime.ts";

export const t0 = Date.parse("2030-01-01T00:00:00Z");

export function podOf(spec: Partial<PodSpec> = {}, status?: PodStatus, metadata: Partial<Pod["metadata"]> = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "web",
      namespace: "default",
      uid: "u1",
      resourceVersion: "1",
      creationTimestamp: "2030-01-01T00:00:00Z",
      ...metadata,
    },
    spec: { containers: [{ name: "app", image: "app:1" }], restartPolicy: "Always", ...spec } as PodSpec,
    ...(status && { status }),
  };
}

export function sandboxOf(containers: readonly Container[] = [], more: Partial<Sandbox> = {}): Sandbox {
  return {
    id: "s0",
    pod: { name: "web", namespace: "default", uid: "u1" },
    attempt: 0,
    ready: true,
    createdAt: t0,
    ips: ["10.0.0.5"],
    labels: {},
    annotations: {},
    containers,
    ...more,
  };
}

export function containerOf(name: string, state: Container["state"], more: Partial<Container> = {}): Container {
  const attempt = more.attempt ?? 0;
  return {
    id: `${name}-${attempt}`,
    name,
    attempt,
    state,
    image: "app:1",
    imageRef: "app@sha256:1",
    createdAt: t0,
    ...(state === "created" ? {} : { startedAt: t0 }),
    ...(state === "exited" && { finishedAt: t0 + 1_000, exitCode: 0, reason: more.exitCode ? "Error" : "Completed" }),
    labels: {},
    annotations: {},
    ...more,
  };
}
