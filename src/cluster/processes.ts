import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

/** A process of ours that outlives us, remembered in a file so that later commands find it. */
export interface Daemon {
  readonly pid: number;
  /** The kernel's start time of the process: a number that was reused for another process does not fool us. */
  readonly started: string;
}

/** The process that the file names, when it still runs. */
export function runningDaemon(pidFile: string): Daemon | undefined {
  let daemon: Daemon;
  try {
    const [pid, started = ""] = readFileSync(pidFile, "utf8").trim().split(" ");
    daemon = { pid: Number(pid), started };
  } catch {
    return undefined; // no file, no process
  }
  return startTime(daemon.pid) === daemon.started ? daemon : undefined;
}

export function spawnDaemon(command: readonly string[], options: { pidFile: string; logFile: string }): Daemon {
  mkdirSync(dirname(options.pidFile), { recursive: true });
  mkdirSync(dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, "a");
  const child = spawn(command[0] as string, command.slice(1), {
    detached: true,
    stdio: ["ignore", log, log],
    cwd: "/",
  });
  closeSync(log);
  child.unref();
  if (child.pid === undefined) throw new Error(`${command[0]} could not be started`);
  const daemon = { pid: child.pid, started: startTime(child.pid) ?? "" };
  writeFileSync(options.pidFile, `${daemon.pid} ${daemon.started}\n`);
  return daemon;
}

/** SIGTERM, then SIGKILL after `graceMs`; resolves when the process is gone. */
export async function stopDaemon(pidFile: string, graceMs = 15_000): Promise<boolean> {
  const daemon = runningDaemon(pidFile);
  if (daemon) {
    signal(daemon, "SIGTERM");
    const deadline = Date.now() + graceMs;
    while (runningDaemon(pidFile) && Date.now() < deadline) await wait(20);
    if (runningDaemon(pidFile)) signal(daemon, "SIGKILL");
    while (runningDaemon(pidFile)) await wait(10);
  }
  rmSync(pidFile, { force: true });
  return daemon !== undefined;
}

function signal(daemon: Daemon, name: NodeJS.Signals): void {
  try {
    process.kill(daemon.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Field 22 of /proc/PID/stat; `undefined` when there is no such process or it has ended and waits to be reaped. */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined; // no such process
  }
}
