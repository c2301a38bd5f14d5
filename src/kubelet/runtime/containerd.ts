import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Backoff } from "#kit/backoff.ts";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import type { Component } from "#kit/scope.ts";
import { sleep } from "#kit/sleep.ts";
import { cniConfig } from "./cni-config.ts";
import { containerdConfig } from "./containerd-config.ts";
import { type ContainerdPaths, containerdPaths } from "./containerd-paths.ts";
import { RpcError } from "./cri/rpc-error.ts";
import { prepareHostNetwork } from "./host-network.ts";
import { ociArchitecture } from "./image-archive.ts";
import { importArchive } from "./image-import.ts";
import { chooseSnapshotter, findTools, mayLowerOomScore, type Tools, tail } from "./machine.ts";
import { pauseArchive, pauseImage } from "./pause-image.ts";
import { argumentsOf, findProcesses, hasOption, signalProcess, until } from "./process-table.ts";
import type { Runtime } from "./runtime.ts";

export interface ContainerdOptions {
  /** The folder that holds everything of it. */
  readonly dir: string;
  /** Name of the bridge, at most 15 letters; another one for each cluster on a machine. Also the CNI network's name. */
  readonly bridge: string;
  readonly podCidrs: readonly string[];
  /** Whether pods leave the node under its address by the bridge plugin's own rules. */
  readonly masquerade: boolean;
  readonly mtu?: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Longer than recovering hundreds of containers takes. */
const readyLimitMs = 60_000;
const stopLimitMs = 5000;
const watchEveryMs = 250;
/** Up for so long, a crash is the first one again. */
const steadyMs = 60_000;
const largestLog = 10 * 1024 * 1024;

/** Our own containerd: started or found running, and started again when it crashes. It outlives us: see stopContainerd. */
export function containerd(options: ContainerdOptions, runtime: Pick<Runtime, "version" | "image">): Component {
  return {
    name: "containerd",
    async start(scope) {
      const { dir, bridge, clock, log } = options;
      const network = prepareHostNetwork(bridge); // beside the rest: containerd does not need it, pods do
      const prepared = await prepare(options);
      await ensureRunning(prepared, runtime);
      await ensurePauseImage(prepared, runtime);
      for (const problem of await network) log.warn(problem);
      scope.spawn("supervise", (signal) => supervise(prepared, clock, log.child({ dir }), signal));
    },
  };
}

interface Prepared {
  readonly paths: ContainerdPaths;
  readonly tools: Tools;
  /** Whether a running one still has another configuration. */
  readonly changed: boolean;
}

async function prepare(options: ContainerdOptions): Promise<Prepared> {
  const paths = containerdPaths(options.dir);
  const tools = await findTools();
  mkdirSync(paths.dir, { recursive: true, mode: 0o711 });
  mkdirSync(paths.socketDir, { recursive: true });
  mkdirSync(paths.registryDir, { recursive: true });
  const snapshotter = knownSnapshotter(paths) ?? (await chooseSnapshotter(paths.dir));
  writeIfChanged(paths.cniConfig, cniConfig({ ...options, name: options.bridge, dataDir: paths.cniDataDir }));
  const changed = writeIfChanged(
    paths.config,
    containerdConfig({
      ...paths,
      ...tools,
      snapshotter,
      platform: `linux/${ociArchitecture(process.arch)}`,
      sandboxImage: pauseImage,
      restrictOomScore: !mayLowerOomScore(),
    }),
  );
  return { paths, tools, changed };
}

/** What images were unpacked with once is kept: with another snapshotter all of them would be gone. */
function knownSnapshotter(paths: ContainerdPaths): "overlayfs" | "native" | undefined {
  const [, known] = /^snapshotter = "(overlayfs|native)"$/m.exec(read(paths.config) ?? "") ?? [];
  return known as "overlayfs" | "native" | undefined;
}

/** The running containerd that has our configuration: by its pid file, or by looking at all processes when that is lost. */
export function runningContainerd(paths: ContainerdPaths): number | undefined {
  const isOurs = (args: readonly string[] | undefined) =>
    args !== undefined && hasOption(args, "--config", paths.config);
  const noted = Number(read(paths.pidFile));
  if (noted > 0 && isOurs(argumentsOf(noted))) return noted;
  return findProcesses(isOurs)[0];
}

/** SIGTERM, and SIGKILL when that takes too long; its containers go on. */
export async function endContainerd(paths: ContainerdPaths): Promise<void> {
  const pid = runningContainerd(paths);
  if (pid === undefined) return;
  const gone = () => argumentsOf(pid) === undefined;
  signalProcess(pid, "SIGTERM");
  if (await until(gone, stopLimitMs)) return;
  signalProcess(pid, "SIGKILL");
  await until(gone, stopLimitMs);
}

async function ensureRunning(prepared: Prepared, runtime: Pick<Runtime, "version">): Promise<void> {
  const { paths, changed } = prepared;
  if (changed) await endContainerd(paths);
  const pid = runningContainerd(paths) ?? launch(prepared);
  let last: unknown;
  let refused = false;
  const ready = async () => {
    try {
      await runtime.version();
      return true;
    } catch (error) {
      last = error;
      refused = !(error instanceof RpcError); // it answers, and not as it should: waiting does not help
      return refused || argumentsOf(pid) === undefined;
    }
  };
  const answered = await until(ready, readyLimitMs);
  const alive = argumentsOf(pid) !== undefined;
  if (answered && alive && !refused) return;
  const why = (last as Error)?.message;
  const what = !alive ? "ended at once" : refused ? `is of no use: ${why}` : `does not answer: ${why}`;
  throw new Error(`containerd ${what}; the end of ${paths.log}:\n${tail(paths.log)}`, { cause: last });
}

/** In a session of its own, so that neither our end nor a key on our terminal ends it. */
function launch({ paths, tools }: Prepared): number {
  rotate(paths.log);
  const log = openSync(paths.log, "a");
  // CNI plugins look for iptables on the PATH, which not every root has complete.
  const script = 'PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin" exec "$0" "$@"';
  const child = spawn("/bin/sh", ["-c", script, tools.containerd, "--config", paths.config], {
    detached: true,
    stdio: ["ignore", log, log],
    cwd: "/",
  });
  closeSync(log);
  child.unref();
  child.on("error", () => {}); // no pid then, which is told below
  if (child.pid === undefined) throw new Error(`${tools.containerd} could not be started`);
  writeFileSync(paths.pidFile, `${child.pid}\n`);
  return child.pid;
}

async function ensurePauseImage({ paths }: Prepared, runtime: Pick<Runtime, "image">): Promise<void> {
  const present = async () => (await runtime.image(pauseImage)) !== undefined;
  if (await present()) return;
  await importArchive(paths.socket, pauseArchive());
  if (await until(present, readyLimitMs)) return;
  throw new Error(`${pauseImage} was imported, but the runtime does not show it; see ${paths.log}`);
}

async function supervise(prepared: Prepared, clock: Clock, log: Logger, signal: AbortSignal): Promise<void> {
  const backoff = new Backoff({ initialMs: 50, maxMs: 30_000 });
  let pid = runningContainerd(prepared.paths);
  let since = clock.now();
  for (;;) {
    await sleep(watchEveryMs, clock, signal);
    if (pid !== undefined && argumentsOf(pid) !== undefined) continue;
    if (clock.now() - since > steadyMs) backoff.forget("containerd");
    log.warn({ log: tail(prepared.paths.log, 2) }, "containerd is gone: starting it again");
    await sleep(backoff.next("containerd"), clock, signal);
    pid = runningContainerd(prepared.paths) ?? launch(prepared);
    since = clock.now();
  }
}

function writeIfChanged(path: string, text: string): boolean {
  if (read(path) === text) return false;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
  return true;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return undefined;
  }
}

function rotate(path: string): void {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > largestLog) renameSync(path, `${path}.1`);
}
