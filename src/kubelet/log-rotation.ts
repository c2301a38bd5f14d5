import type { Logger } from "#kit/log.ts";
import { rotateLogs } from "./logs/rotate-logs.ts";
import type { Runtime, Sandbox } from "./runtime/runtime.ts";

export interface LogRotationOptions {
  readonly runtime: Pick<Runtime, "reopenLog">;
  readonly log: Logger;
}

/** Rotates the logs of running containers that have grown too large; one that fails is tried again next time. */
export async function rotateRunning(
  sandboxes: readonly Sandbox[],
  options: LogRotationOptions,
  now: number,
): Promise<void> {
  const running = sandboxes.flatMap(({ containers }) => containers.filter(({ state }) => state === "running"));
  for (const { id, logPath } of running) {
    if (!logPath) continue;
    try {
      await rotateLogs(logPath, () => options.runtime.reopenLog(id), new Date(now));
    } catch (error) {
      options.log.warn({ logPath, err: error }, "a container's log could not be rotated");
    }
  }
}
