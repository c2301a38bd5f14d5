import type { PodAction, PodFacts } from "./pod.plan.ts";
import { containersOf, currentSandbox } from "./pod-containers.ts";
import type { Container } from "./runtime/runtime.ts";

/** Why and how a pod has to end. Without a phase it is the containers' exit codes that tell how it ended. */
export interface Ending {
  readonly graceSeconds: number;
  readonly phase?: "Failed";
  readonly reason?: string;
  readonly message?: string;
}

/** Kubernetes never gives less than this between SIGTERM and SIGKILL. */
const shortestGraceSeconds = 1;

/** Stops what runs, init containers that stay last and in reverse order, then the sandboxes; finished when nothing is left. */
export function planEnd(facts: PodFacts, ending: Ending): { actions: PodAction[]; finished: boolean } {
  const { sandboxes, inFlight, released } = facts;
  const current = currentSandbox(sandboxes);
  const running = (current?.containers ?? []).filter(({ state }) => state === "running");
  if (running.length > 0) return { actions: stops(facts, running, ending), finished: false };
  if (inFlight.starting.size > 0 || inFlight.sandbox) return { actions: [], finished: false };

  const held = sandboxes.filter(({ id, ready }) => ready || !released.has(id));
  const actions = held
    .filter(({ id }) => !inFlight.removing.has(id))
    .map(({ id }): PodAction => ({ do: "stopSandbox", id }));
  return { actions, finished: held.length === 0 };
}

function stops({ pod, inFlight, now }: PodFacts, running: readonly Container[], ending: Ending): PodAction[] {
  const graceSeconds = Math.max(ending.graceSeconds, shortestGraceSeconds);
  const sidecars = containersOf(pod)
    .filter(({ kind }) => kind === "sidecar")
    .map(({ spec }) => spec.name);
  const others = running.filter(({ name }) => !sidecars.includes(name));
  const lastSidecar = sidecars.toReversed().find((name) => running.some((c) => c.name === name));
  const next = others.length > 0 ? others : running.filter(({ name }) => name === lastSidecar);
  const killAt = now + graceSeconds * 1000;
  return next
    .filter(({ id }) => (inFlight.stopping.get(id) ?? Number.POSITIVE_INFINITY) > killAt)
    .map(({ id, name }) => ({ do: "stopContainer", id, name, graceSeconds, message: `Stopping container ${name}` }));
}
