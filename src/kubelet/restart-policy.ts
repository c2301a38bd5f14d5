import type { ContainerRestartRule, Container as ContainerSpec } from "#api/core/v1/container.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { annotationNames, type ContainerKind } from "./names.ts";
import type { Container } from "./runtime/runtime.ts";

const initialBackoffMs = 10_000;
const maxBackoffMs = 300_000;
/** A container that ran for so long has proved itself: its next failure counts as the first. */
const provedMs = 2 * maxBackoffMs;

/** Whether a container that has ended is to be started again, by the policies of the pod and of the container. */
export function mayRestart(pod: Pod, spec: ContainerSpec, kind: ContainerKind, ended: Container): boolean {
  if (kind === "sidecar") return true;
  const exitCode = ended.exitCode ?? unknownExitCode;
  if (spec.restartPolicyRules?.some((rule) => applies(rule, exitCode))) return true;
  switch (spec.restartPolicy ?? pod.spec.restartPolicy ?? "Always") {
    case "Never":
      return false;
    case "OnFailure":
      return exitCode !== 0;
    default:
      return kind === "app" || exitCode !== 0;
  }
}

/** What is assumed of a container whose end nobody saw. */
export const unknownExitCode = 137;

function applies({ action, exitCodes }: ContainerRestartRule, exitCode: number): boolean {
  if (action !== "Restart" || !exitCodes) return false;
  return (exitCodes.values ?? []).includes(exitCode) === (exitCodes.operator === "In");
}

export interface Restart {
  /** When it may start, in milliseconds since the epoch. */
  readonly at: number;
  /** How long it had to wait for that. */
  readonly waitMs: number;
  /** What the container started then must wait for, should it end in its turn. */
  readonly nextBackoffMs: number;
}

/**
 * The back-off stands in the ended container's annotations, not in memory, so it survives the agent. The first restart
 * is immediate; from then on 10 s, doubled up to 5 min.
 */
export function restartAfter(ended: Container): Restart {
  const finishedAt = ended.finishedAt ?? ended.createdAt;
  const backoff = Number(ended.annotations[annotationNames.backoff] ?? 0);
  if (backoff === 0 || finishedAt - ended.createdAt > provedMs) {
    return { at: finishedAt, waitMs: 0, nextBackoffMs: initialBackoffMs };
  }
  return { at: finishedAt + backoff, waitMs: backoff, nextBackoffMs: Math.min(backoff * 2, maxBackoffMs) };
}
