import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

/** The arguments of a running process; `undefined` when there is none, or it ended and waits for its parent. */
export function argumentsOf(pid: number): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    return text === "" ? undefined : text.split("\0").slice(0, -1);
  } catch {
    return undefined; // it is gone
  }
}

/** The processes whose arguments the test accepts. */
export function findProcesses(accept: (args: readonly string[]) => boolean): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const args = argumentsOf(pid);
      return args !== undefined && accept(args);
    });
}

/** Whether `args` has `value` right after `flag`. */
export const hasOption = (args: readonly string[], flag: string, value: string): boolean =>
  args.some((arg, index) => arg === flag && args[index + 1] === value);

export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Waits until `done`; false when that took longer than `limitMs`. In real time: processes know no other. */
export async function until(done: () => boolean | Promise<boolean>, limitMs: number, stepMs = 5): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (!(await done())) {
    if (performance.now() > deadline) return false;
    await wait(stepMs);
  }
  return true;
}
