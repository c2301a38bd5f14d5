import type { Probe } from "#api/core/v1/probe.ts";

export type ProbeKind = "startup" | "liveness" | "readiness";

/** Where a probe of one container stands. `passing` changes only when a threshold is reached. */
export interface ProbeState {
  readonly passing: boolean;
  /** Equal results in a row, the last one included. */
  readonly run: number;
  readonly lastOk: boolean | undefined;
}

/** A container is alive until proved otherwise, but started and ready only once it was seen to be. */
export const initialProbeState = (kind: ProbeKind): ProbeState => ({
  passing: kind === "liveness",
  run: 0,
  lastOk: undefined,
});

export interface Verdict {
  readonly state: ProbeState;
  /** The container must be killed. */
  readonly kill: boolean;
}

export function afterProbe(kind: ProbeKind, probe: Probe, before: ProbeState, ok: boolean): Verdict {
  const run = before.lastOk === ok ? before.run + 1 : 1;
  const threshold = ok ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
  const passing = run >= threshold ? ok : before.passing;
  return { state: { passing, run, lastOk: ok }, kill: kind !== "readiness" && !ok && run >= threshold };
}
