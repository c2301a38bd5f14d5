/**
 * What a pod costs by bare CRI calls (sandbox, create, start), with nobody deciding anything: the floor for our pods.
 * `criBare` runs it on any runtime, so that another benchmark measures both in one run.
 * Run as root: node bench/cri-bare.ts [PODS] [PARALLEL,…] [ONE BY ONE]
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "#kit/clock.ts";
import { silentLogger } from "#kit/log.ts";
import { run } from "#kit/scope.ts";
import { busyboxArchive } from "#kubelet/runtime/busybox-image.ts";
import { containerd } from "#kubelet/runtime/containerd.ts";
import { containerdPaths } from "#kubelet/runtime/containerd-paths.ts";
import { resetContainerd } from "#kubelet/runtime/containerd-stop.ts";
import { openCriRuntime } from "#kubelet/runtime/cri-runtime.ts";
import { importArchive } from "#kubelet/runtime/image-import.ts";
import { until } from "#kubelet/runtime/process-table.ts";
import type { Runtime } from "#kubelet/runtime/runtime.ts";
import { quantile, report, round } from "./support/figures.ts";

export interface BareOptions {
  readonly runtime: Runtime;
  /** An image that is there, with `sleep` in it. */
  readonly image: string;
  /** A folder for logs. */
  readonly logs: string;
  readonly cgroupParent: string;
  /** How many pods, and how many of them are under way at a time. */
  readonly pods: number;
  readonly parallel: number;
}

export interface BareFigures {
  /** Medians of one pod's parts, and of the whole. */
  readonly sandboxMs: number;
  readonly createMs: number;
  readonly startMs: number;
  readonly podMs: number;
  /** From the first call until the last container runs. */
  readonly allMs: number;
}

let made = 0;

/** Makes the pods, measures, and removes them. */
export async function criBare(options: BareOptions): Promise<BareFigures> {
  const { runtime, pods, parallel } = options;
  const sandboxes: string[] = [];
  const parts: number[][] = [];
  let left = pods;
  const begun = performance.now();
  const worker = async () => {
    while (left-- > 0) parts.push(await onePod(options, sandboxes));
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  const allMs = performance.now() - begun;
  await eachInTurn(sandboxes, 8, async (id) => {
    await runtime.stopSandbox(id);
    await runtime.removeSandbox(id);
  });
  const median = (index: number) =>
    round(
      quantile(
        parts.map((part) => part[index] ?? 0),
        0.5,
      ),
    );
  return { sandboxMs: median(0), createMs: median(1), startMs: median(2), podMs: median(3), allMs: round(allMs, 0) };
}

/** Resolves with what sandbox, create, start and all of them took. */
async function onePod(options: BareOptions, sandboxes: string[]): Promise<number[]> {
  const { runtime, image } = options;
  const uid = `bare-${process.pid}-${made++}`;
  const sandbox = {
    pod: { name: uid, namespace: "default", uid },
    attempt: 0,
    hostname: uid,
    logDirectory: join(options.logs, uid),
    portMappings: [],
    labels: {},
    annotations: {},
    cgroupParent: `${options.cgroupParent}/${uid}`,
    hostNetwork: false,
    hostPid: false,
    hostIpc: false,
    sharePidNamespace: false,
    sysctls: {},
    security: {},
  };
  const container = {
    name: "main",
    attempt: 0,
    image,
    userSpecifiedImage: image,
    command: ["sleep", "3600"],
    args: [],
    workingDir: "",
    env: [],
    mounts: [],
    devices: [],
    labels: {},
    annotations: {},
    logPath: "main.log",
    stdin: false,
    stdinOnce: false,
    tty: false,
    resources: { cpuShares: 2 },
    security: {},
  };
  const begun = performance.now();
  const sandboxId = await runtime.runSandbox(sandbox);
  sandboxes.push(sandboxId);
  const ran = performance.now();
  const id = await runtime.createContainer(sandboxId, container, sandbox);
  const created = performance.now();
  await runtime.startContainer(id);
  const started = performance.now();
  return [ran - begun, created - ran, started - created, started - begun];
}

async function eachInTurn<T>(items: readonly T[], parallel: number, act: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await act(next);
  };
  await Promise.all(Array.from({ length: parallel }, worker));
}

type Bare = (how: Pick<BareOptions, "pods" | "parallel">) => Promise<BareFigures>;

/** Runs the action with a containerd of its own, which is erased afterwards. */
export async function withBareRuntime<T>(action: (bare: Bare, readyMs: number) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "minik8s-bare-"));
  const dir = join(folder, "containerd");
  const bridge = `mk8s-b${process.pid % 100_000}`;
  const cgroupParent = `/minik8s-bare-${process.pid}`;
  const image = "docker.io/library/bare:1";
  const { socket } = containerdPaths(dir);
  const runtime = await openCriRuntime({ socket });
  const parts = { dir, bridge, podCidrs: ["10.198.0.0/22"], masquerade: false, clock: systemClock, log: silentLogger };
  const begun = performance.now();
  const running = await run([containerd(parts, runtime)]);
  const readyMs = round(performance.now() - begun, 0);
  try {
    await importArchive(socket, await busyboxArchive({ reference: image, files: [] }));
    await until(async () => (await runtime.image(image)) !== undefined, 10_000);
    const bare: Bare = (how) => criBare({ runtime, image, logs: folder, cgroupParent, ...how });
    await bare({ pods: 2, parallel: 1 }); // the first pod makes the bridge
    return await action(bare, readyMs);
  } finally {
    await running.stop();
    runtime.close();
    await resetContainerd(dir, { bridge, cgroupRoot: cgroupParent });
    await rm(folder, { recursive: true });
  }
}

async function main(): Promise<void> {
  const pods = Number(process.argv[2] ?? 40);
  const parallels = (process.argv[3] ?? "2,4,8,40").split(",").map(Number);
  const single = Number(process.argv[4] ?? 10);
  await withBareRuntime(async (bare, readyMs) => {
    const figures: Record<string, number> = { containerdFirstReadyMs: readyMs, pods };
    Object.assign(figures, await bare({ pods: single, parallel: 1 }));
    delete figures.allMs;
    for (const parallel of parallels) figures[`all${parallel}AtATimeMs`] = (await bare({ pods, parallel })).allMs;
    report("bare CRI cost of pods", figures);
  });
}

if (import.meta.main) await main();
