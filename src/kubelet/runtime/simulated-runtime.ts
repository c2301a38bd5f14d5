import { createHash } from "node:crypto";
import type { Clock } from "#kit/clock.ts";
import { sleep } from "#kit/sleep.ts";
import { labelNames } from "../names.ts";
import { EventHub } from "./event-hub.ts";
import type {
  Container,
  ContainerConfig,
  ExecResult,
  Image,
  Runtime,
  RuntimeEvent,
  Sandbox,
  SandboxConfig,
  SandboxStats,
} from "./runtime.ts";
import { ImagePullError } from "./runtime.ts";
import { AddressPool } from "./simulated-addresses.ts";
import { type Behaviour, behaviourOf } from "./simulated-behaviour.ts";
import { attachSession, echoPort, echoSession } from "./simulated-streams.ts";

export interface SimulatedRuntimeOptions {
  readonly clock: Clock;
  /** Where pod addresses come from; nodes of one cluster need ranges of their own. */
  readonly podCidr?: string;
  /** How long things take, in milliseconds of the clock; at once when missing. */
  readonly latency?: { readonly sandbox?: number; readonly start?: number; readonly pull?: number };
  /** Decides about a pull: the image's size in bytes, or an ImagePullError thrown. Every image exists when missing. */
  readonly registry?: (reference: string) => number;
}

export interface SimulatedRuntime extends Runtime {
  /** Ends a running container as if its process had exited. */
  exit(containerId: string, exitCode: number, reason?: string): void;
  /** Takes a sandbox down as if its pause process had died, and all that runs in it. */
  breakSandbox(sandboxId: string): void;
  /** What a container has written, line by line. */
  logLines(containerId: string): readonly string[];
}

interface Box {
  readonly config: SandboxConfig;
  readonly containers: Map<string, Process>;
  state: Omit<Sandbox, "containers">;
}

interface Process {
  readonly box: Box;
  readonly behaviour: Behaviour;
  readonly config: ContainerConfig;
  readonly lines: string[];
  readonly ended: PromiseWithResolvers<number>;
  state: Container;
  cancelExit: (() => void) | undefined;
}

const sigterm = 15;
const sigkill = 9;

/** A pod's life as data: nothing runs, yet everything that can be observed of it is there. Time is the clock's. */
export function simulatedRuntime(options: SimulatedRuntimeOptions): SimulatedRuntime {
  const { clock, latency = {}, registry = () => 10_000_000 } = options;
  const addresses = new AddressPool(options.podCidr ?? "10.88.0.0/16");
  const hub = new EventHub<RuntimeEvent>();
  const boxes = new Map<string, Box>();
  const processes = new Map<string, Process>();
  const images = new Map<string, Image>();
  const usedNames = new Set<string>();
  let sequence = 0;

  const newId = (seed: string) => createHash("sha256").update(`${seed} ${sequence++} ${options.podCidr}`).digest("hex");
  const pause = async (ms: number | undefined) => {
    if (ms) await sleep(ms, clock);
  };
  const tell = (type: RuntimeEvent["type"], containerId: string, box: Box) =>
    hub.publish({ type, containerId, sandboxId: box.state.id, podUid: box.config.pod.uid });
  const processOf = (id: string) => {
    const process = processes.get(id);
    if (!process) throw new Error(`container "${id}": not found`);
    return process;
  };
  const runningProcess = (id: string) => {
    const process = processOf(id);
    if (process.state.state !== "running") throw new Error(`container "${id}" is not running`);
    return process;
  };
  const view = (box: Box): Sandbox => ({
    ...box.state,
    containers: [...box.containers.values()].map(({ state }) => state),
  });

  function end(process: Process, exitCode: number, more: Partial<Container> = {}): void {
    if (process.state.state !== "running") return;
    process.cancelExit?.();
    process.state = {
      ...process.state,
      state: "exited",
      finishedAt: clock.now(),
      exitCode,
      reason: exitCode === 0 ? "Completed" : "Error",
      ...(process.behaviour.message !== undefined && { message: process.behaviour.message }),
      ...more,
    };
    process.ended.resolve(exitCode);
    tell("stopped", process.state.id, process.box);
  }

  const kill = (process: Process) => end(process, 128 + sigkill, { signal: sigkill });

  function exitLater(process: Process, ms: number, exitCode: number): void {
    process.cancelExit?.();
    if (ms <= 0) queueMicrotask(() => end(process, exitCode));
    else process.cancelExit = clock.after(ms, () => end(process, exitCode));
  }

  function stopBox(box: Box): void {
    for (const process of box.containers.values()) kill(process);
    if (!box.state.ready) return;
    for (const ip of box.state.ips) addresses.release(ip);
    box.state = { ...box.state, ready: false };
    tell("stopped", box.state.id, box);
  }

  return {
    name: "simulated",
    version: async () => ({ name: "simulated", version: "1.0.0", apiVersion: "v1" }),
    status: async () => ({ runtimeReady: fine("RuntimeIsReady"), networkReady: fine("NetworkIsReady") }),

    list: async () => [...boxes.values()].map(view),

    async runSandbox(config) {
      const name = [config.pod.uid, config.attempt].join("_");
      if (usedNames.has(name)) throw new Error(`failed to reserve sandbox name "${name}": it is in use`);
      usedNames.add(name);
      await pause(latency.sandbox);
      const id = newId(name);
      const { pod, attempt, labels, annotations } = config;
      const ips = config.hostNetwork ? [] : [addresses.take()];
      const state = { id, pod, attempt, ready: true, createdAt: clock.now(), ips, labels, annotations };
      const box: Box = { config, containers: new Map(), state };
      boxes.set(id, box);
      tell("started", id, box);
      return id;
    },

    async sandbox(id) {
      const box = boxes.get(id);
      return box && view(box);
    },

    async stopSandbox(id) {
      const box = boxes.get(id);
      if (box) stopBox(box);
    },

    async removeSandbox(id) {
      const box = boxes.get(id);
      if (!box) return;
      stopBox(box);
      boxes.delete(id);
      usedNames.delete([box.config.pod.uid, box.config.attempt].join("_"));
      for (const containerId of box.containers.keys()) processes.delete(containerId);
      tell("deleted", id, box);
    },

    async createContainer(sandboxId, config, sandbox) {
      const box = boxes.get(sandboxId);
      if (!box?.state.ready) throw new Error(`sandbox "${sandboxId}" is not running`);
      const image = images.get(config.image) ?? [...images.values()].find(({ id }) => id === config.image);
      if (!image) throw new Error(`image "${config.image}": not found`);
      const id = newId(`${sandbox.pod.uid} ${config.name}`);
      const { name, attempt, labels, annotations } = config;
      const process: Process = {
        box,
        config,
        behaviour: behaviourOf(box.state.annotations, name, labels[labelNames.containerKind]),
        lines: [],
        ended: Promise.withResolvers(),
        cancelExit: undefined,
        state: {
          ...{ id, name, attempt, labels, annotations, state: "created", createdAt: clock.now() },
          ...{ image: config.userSpecifiedImage, imageRef: image.digests[0] ?? image.id },
        },
      };
      box.containers.set(id, process);
      processes.set(id, process);
      tell("created", id, box);
      return id;
    },

    async startContainer(id) {
      const process = processOf(id);
      if (process.state.state !== "created") throw new Error(`container "${id}" is in state ${process.state.state}`);
      await pause(latency.start);
      const { behaviour } = process;
      if (behaviour.startError !== undefined) {
        const failed = { state: "exited", exitCode: 128, reason: "StartError", finishedAt: clock.now() } as const;
        process.state = { ...process.state, ...failed, message: behaviour.startError };
        throw new Error(behaviour.startError);
      }
      process.state = { ...process.state, state: "running", startedAt: clock.now() };
      process.lines.push(...behaviour.log);
      tell("started", id, process.box);
      if (behaviour.exitAfterMs !== undefined) exitLater(process, behaviour.exitAfterMs, behaviour.exitCode);
    },

    async stopContainer(id, graceSeconds) {
      const process = processes.get(id);
      if (!process || process.state.state === "created") return;
      const { stopAfterMs, stopCode } = process.behaviour;
      if (stopAfterMs === 0 && graceSeconds > 0) end(process, stopCode, { signal: sigterm });
      else if (graceSeconds === 0) kill(process);
      else if (stopAfterMs <= graceSeconds * 1000) exitLater(process, stopAfterMs, stopCode);
      else exitLater(process, graceSeconds * 1000, 128 + sigkill);
      if (process.state.state === "running") await process.ended.promise;
    },

    async removeContainer(id) {
      const process = processes.get(id);
      if (!process) return;
      kill(process);
      processes.delete(id);
      process.box.containers.delete(id);
      tell("deleted", id, process.box);
    },

    async updateResources(id) {
      processOf(id);
    },

    async reopenLog(id) {
      processOf(id);
    },

    async execSync(id, command): Promise<ExecResult> {
      runningProcess(id);
      const exitCode = command[0] === "false" ? 1 : 0;
      return { exitCode, stdout: Buffer.from(`${command.join(" ")}\n`), stderr: Buffer.alloc(0) };
    },
    exec: async (id, command, streams) => {
      runningProcess(id);
      return echoSession(command, streams);
    },
    attach: async (id, streams) => {
      const { lines, ended } = runningProcess(id);
      return attachSession(lines, ended.promise, streams);
    },
    portForward: async () => echoPort(),

    image: async (reference) => images.get(reference),
    images: async () => [...images.values()],
    async pullImage(reference) {
      if (/\s|^$/.test(reference))
        throw new ImagePullError("InvalidImageName", `couldn't parse image name "${reference}"`);
      await pause(latency.pull);
      const sizeBytes = registry(reference);
      const digest = `sha256:${createHash("sha256").update(reference).digest("hex")}`;
      images.set(reference, { id: digest, tags: [reference], digests: [`${nameOf(reference)}@${digest}`], sizeBytes });
      return digest;
    },
    async removeImage(reference) {
      images.delete(reference);
    },

    async stats(): Promise<readonly SandboxStats[]> {
      return [...boxes.values()].map((box) => ({
        sandboxId: box.state.id,
        pod: box.config.pod,
        containers: [...box.containers.values()]
          .filter(({ state }) => state.state === "running")
          .map(({ state }) => ({ name: state.name, at: clock.now(), cpuNanoseconds: 0, memoryWorkingSetBytes: 0 })),
      }));
    },
    imageFilesystem: async () => undefined,
    events: (signal) => hub.read(signal),

    exit: (id, exitCode, reason) => end(processOf(id), exitCode, reason === undefined ? {} : { reason }),
    breakSandbox(id) {
      const box = boxes.get(id);
      if (box) stopBox(box);
    },
    logLines: (id) => processOf(id).lines,
  };
}

const fine = (reason: string) => ({ ok: true, reason, message: "" });

/** The reference without its tag, as digests are written. */
const nameOf = (reference: string) => reference.replace(/@.*$/, "").replace(/:[^:/]+$/, "");
