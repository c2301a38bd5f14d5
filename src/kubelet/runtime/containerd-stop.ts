import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { endContainerd, runningContainerd } from "./containerd.ts";
import { type ContainerdPaths, containerdPaths } from "./containerd-paths.ts";
import { forgetHostNetwork } from "./host-network.ts";
import { argumentsOf, findProcesses, hasOption, signalProcess, until } from "./process-table.ts";
import type { Runtime, Sandbox } from "./runtime.ts";

const run = promisify(execFile);

const namespace = "k8s.io";
/** How many pods are stopped at one time. */
const parallel = 16;

export interface StopOptions {
  /** What containers get between SIGTERM and SIGKILL. */
  readonly graceSeconds: number;
  /** Asked to stop the containers in order; when left out, or when it does not answer, they are killed. */
  readonly runtime?: Pick<Runtime, "list" | "stopContainer" | "stopSandbox">;
}

/**
 * Ends our containerd and every container of it; images and what containers wrote stay. Resolves with whether anything
 * ran. Safe to repeat, and after a stop that was cut short.
 */
export async function stopContainerd(dir: string, { graceSeconds, runtime }: StopOptions): Promise<boolean> {
  const paths = containerdPaths(dir);
  const running = runningContainerd(paths) !== undefined;
  if (running && runtime) await stopPods(runtime, graceSeconds).catch(() => {}); // those left are killed below
  await endContainerd(paths);
  const shims = shimsOf(paths);
  await killContainers(paths, shims);
  await rm(paths.pidFile, { force: true });
  return running || shims.length > 0;
}

export interface ResetOptions {
  readonly bridge: string;
  /** The cgroup, below the root of each hierarchy, that all pods were in: `/minik8s-1a2b`. */
  readonly cgroupRoot?: string;
}

/** stopContainerd at once, then takes away all that it left: mounts, the bridge, cgroups, images, the folder itself. */
export async function resetContainerd(dir: string, { bridge, cgroupRoot }: ResetOptions): Promise<void> {
  const paths = containerdPaths(dir);
  await stopContainerd(dir, { graceSeconds: 0 });
  await unmountBelow(dir);
  await forgetHostNetwork(bridge);
  if (existsSync(`/sys/class/net/${bridge}`)) await run("ip", ["link", "delete", bridge]);
  if (cgroupRoot !== undefined) await removeCgroups(cgroupRoot);
  await removeCniResults(bridge);
  if (paths.socketDir !== dir) await rm(paths.socketDir, { recursive: true, force: true });
  await rm(dir, { recursive: true, force: true });
}

async function stopPods(
  runtime: Pick<Runtime, "list" | "stopContainer" | "stopSandbox">,
  graceSeconds: number,
): Promise<void> {
  const waiting = (await runtime.list()).filter((sandbox) => sandbox.ready);
  const stopNext = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) await stopPod(runtime, next, graceSeconds);
  };
  await Promise.all(Array.from({ length: parallel }, stopNext));
}

async function stopPod(
  runtime: Pick<Runtime, "stopContainer" | "stopSandbox">,
  sandbox: Sandbox,
  graceSeconds: number,
): Promise<void> {
  const running = sandbox.containers.filter((container) => container.state === "running");
  await Promise.all(running.map((container) => runtime.stopContainer(container.id, graceSeconds)));
  await runtime.stopSandbox(sandbox.id);
}

interface Shim {
  readonly pid: number;
  /** The container, or the sandbox, that it was started for. */
  readonly id: string;
}

function shimsOf(paths: ContainerdPaths): Shim[] {
  const isOurs = (args: readonly string[]) =>
    /containerd-shim/.test(args[0] ?? "") && hasOption(args, "-address", paths.socket);
  return findProcesses(isOurs).map((pid) => {
    const args = argumentsOf(pid) ?? [];
    return { pid, id: args[args.indexOf("-id") + 1] ?? "" };
  });
}

/** With containerd gone: runc kills what is in each container, and the shims, which would wait for containerd, go too. */
async function killContainers(paths: ContainerdPaths, shims: readonly Shim[]): Promise<void> {
  const runcRoot = join(paths.runcRoot, namespace);
  const ids = existsSync(runcRoot) ? readdirSync(runcRoot) : [];
  await Promise.all(
    // A container that was half made has nothing to delete.
    ids.map((id) => run("runc", ["--root", runcRoot, "delete", "--force", id]).catch(() => {})),
  );
  for (const { pid } of shims) signalProcess(pid, "SIGKILL");
  await until(() => shims.every(({ pid }) => argumentsOf(pid) === undefined), 5000);
  for (const { id } of shims) await rm(shimSocket(paths.socket, id), { force: true });
  if (ids.length > 0 || shims.length > 0) await unmountBelow(join(paths.state, "io.containerd.runtime.v2.task"));
}

/** Shims listen below a folder that all containerds share, under a name made of whose they are. */
const shimSocket = (address: string, id: string) =>
  join(
    "/run/containerd/s",
    createHash("sha256")
      .update(join(address, namespace, id))
      .digest("hex"),
  );

/** Innermost first. Lazily: what still has a file open there keeps it, and nobody finds it any more. */
async function unmountBelow(dir: string): Promise<void> {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => unescapeMount(line.split(" ")[4] ?? ""))
    .filter((path) => path.startsWith(`${dir}/`));
  if (mounts.length > 0) await run("umount", ["--lazy", ...mounts.toReversed()]);
}

/** The kernel writes blanks and the like in octal. */
const unescapeMount = (path: string) =>
  path.replaceAll(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)));

async function removeCgroups(cgroupRoot: string): Promise<void> {
  const base = "/sys/fs/cgroup";
  const hierarchies = existsSync(join(base, "cgroup.controllers")) ? [""] : readdirSync(base);
  await Promise.all(hierarchies.map((hierarchy) => removeCgroup(join(base, hierarchy, cgroupRoot))));
}

/** A cgroup goes when it is empty: those in it first. Its files are the kernel's and go along. */
async function removeCgroup(path: string): Promise<void> {
  if (!existsSync(path)) return;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeCgroup(join(path, entry.name));
  }
  let last: unknown;
  const removed = () => {
    try {
      rmdirSync(path);
      return true;
    } catch (error) {
      last = error; // what was killed in it is still on its way out
      return false;
    }
  };
  if (!(await until(removed, 5000))) throw last;
}

/** CNI keeps what it answered in a folder that all networks of a machine share, one file for each pod. */
async function removeCniResults(network: string): Promise<void> {
  const results = "/var/lib/cni/results";
  if (!existsSync(results)) return;
  const ours = readdirSync(results).filter((name) => name.startsWith(`${network}-`));
  await Promise.all(ours.map((name) => rm(join(results, name), { force: true })));
}
