import { parseDuration } from "#schema/duration.ts";

/**
 * What a simulated container does, told by annotations of its pod. Each may be given for one container alone by
 * appending its name: `simulated.minik8s.io/exit-after.web`.
 */
export interface Behaviour {
  /** Exits by itself so many milliseconds after its start; never when missing. */
  readonly exitAfterMs?: number;
  readonly exitCode: number;
  /** Goes on for so long after SIGTERM; 0 = at once. */
  readonly stopAfterMs: number;
  /** Its exit code after SIGTERM. */
  readonly stopCode: number;
  /** What it writes to its standard output as it starts. */
  readonly log: readonly string[];
  /** The runtime refuses to start it, with this message. */
  readonly startError?: string;
  /** What it leaves in its termination message. */
  readonly message?: string;
}

export const behaviourPrefix = "simulated.minik8s.io/";

/** `kind` as in the container's label: an init container that is told nothing succeeds at once. */
export function behaviourOf(
  annotations: Readonly<Record<string, string>>,
  container: string,
  kind: string | undefined,
): Behaviour {
  const read = (name: string) =>
    annotations[`${behaviourPrefix}${name}.${container}`] ?? annotations[behaviourPrefix + name];
  const ms = (name: string) => {
    const text = read(name);
    return text === undefined ? undefined : Number(parseDuration(text)) / 1e6;
  };
  const exitAfterMs = ms("exit-after") ?? (kind === "init" ? 0 : undefined);
  const startError = read("start-error");
  const message = read("message");
  return {
    ...(exitAfterMs !== undefined && { exitAfterMs }),
    exitCode: Number(read("exit-code") ?? 0),
    stopAfterMs: ms("stop-after") ?? 0,
    stopCode: Number(read("stop-code") ?? 0),
    log: read("log")?.split("\n") ?? [`${container} started`],
    ...(startError !== undefined && { startError }),
    ...(message !== undefined && { message }),
  };
}
