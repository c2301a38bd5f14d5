import { readFileSync, readlinkSync } from "node:fs";

/** The process that may write a store, told apart from a later one that got the same number. */
export interface Owner {
  readonly pid: number;
  /** When the process started, in ticks since boot; missing where the system does not tell. */
  readonly started?: string;
  readonly boot?: string;
  /** Numbers of processes mean something only within one of these. */
  readonly pidNamespace?: string;
}

export const thisProcess = (): Owner => ({
  pid: process.pid,
  started: startOf(process.pid),
  boot: readIfThere("/proc/sys/kernel/random/boot_id"),
  pidNamespace: pidNamespace(),
});

/**
 * Whether the owner is a process that still runs, other than this one. One of an earlier boot or of another container
 * is taken for gone: its number says nothing here, and a container that starts anew must get its store back.
 */
export function isElsewhereAlive(owner: Owner, self: Owner = thisProcess()): boolean {
  if (owner.pid === self.pid && owner.started === self.started) return false;
  if (owner.boot !== self.boot || owner.pidNamespace !== self.pidNamespace) return false;
  if (self.started !== undefined) return owner.started !== undefined && startOf(owner.pid) === owner.started;
  return signalReaches(owner.pid);
}

function startOf(pid: number): string | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`);
  // the name of the process stands in parentheses and may itself hold any of them
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, started] = [fields?.[0], fields?.[19]];
  return state === "Z" ? undefined : started;
}

function signalReaches(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined; // no such process, or a system without /proc: then there is nothing to tell
  }
}

function pidNamespace(): string | undefined {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return undefined; // as above
  }
}
