import { readFile } from "node:fs/promises";
import type { Pod } from "#api/core/v1/pod.ts";
import type { ContainerStatus } from "#api/core/v1/pod-status.ts";
import { parseTime } from "#api/meta/time.ts";
import type { Clock } from "#kit/clock.ts";
import type { Machine } from "../machine.ts";
import type { PodLookup } from "../pod-lookup.ts";
import { cgroupParentOf } from "../resources.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { type CgroupReader, openCgroupReader } from "./cgroup-reader.ts";
import type { ContainerFigures, InterfaceFigures, MeasureNode, PodFigures } from "./figures.ts";
import { interfacesOf, memoryOfMachine } from "./kernel-figures.ts";

export interface MeasureNodeOptions {
  readonly nodeName: string;
  readonly pods: PodLookup;
  readonly runtime: Pick<Runtime, "imageFilesystem">;
  readonly machine: Machine;
  readonly clock: Clock;
  readonly cgroupRoot?: string;
}

/** Measures a real node: the kernel's own counts, with no call into the runtime for each container. */
export async function measureNode(options: MeasureNodeOptions): Promise<MeasureNode> {
  const { nodeName, pods, runtime, machine, clock } = options;
  const cgroups = await openCgroupReader(() => clock.now());
  return async () => {
    const [facts, cpuNanoseconds, meminfo, vmstat, interfaces, uptime, imageFilesystem, measured] = await Promise.all([
      machine(),
      cgroups.cpuNanoseconds("/"),
      readFile("/proc/meminfo", "utf8"),
      readFile("/proc/vmstat", "utf8"),
      networkOf("self"),
      readFile("/proc/uptime", "utf8"),
      runtime.imageFilesystem(),
      Promise.all(pods.all().map((pod) => measurePod(pod, cgroups, options))),
    ]);
    return {
      name: nodeName,
      startedAt: clock.now() - Math.round(Number.parseFloat(uptime) * 1000),
      usage: { at: clock.now(), cpuNanoseconds, memory: memoryOfMachine(meminfo, vmstat) },
      memoryAvailableBytes: facts.memoryAvailableBytes,
      interfaces,
      filesystem: {
        capacityBytes: facts.diskBytes,
        availableBytes: facts.diskAvailableBytes,
        usedBytes: facts.diskBytes - facts.diskAvailableBytes,
      },
      imageFilesystemUsedBytes: imageFilesystem?.usedBytes,
      pids: { max: facts.pids, used: facts.pidsUsed },
      pods: measured.filter((pod) => pod !== undefined),
    };
  };
}

async function measurePod(
  pod: Pod,
  cgroups: CgroupReader,
  { pods, cgroupRoot }: MeasureNodeOptions,
): Promise<PodFigures | undefined> {
  const { namespace = "", name, uid } = pod.metadata;
  const folder = cgroupParentOf(pod, cgroupRoot);
  const sandboxId = pods.find(namespace, name)?.sandboxId;
  const [usage, interfaces, containers] = await Promise.all([
    cgroups.usage(folder),
    sandboxId === undefined || pod.spec.hostNetwork ? [] : sandboxInterfaces(`${folder}/${sandboxId}`, cgroups),
    Promise.all(runningContainers(pod).map((status) => measureContainer(status, folder, cgroups))),
  ]);
  if (!usage) return undefined;
  return {
    ...{ name, namespace, uid, usage, interfaces },
    startedAt: parseTime(pod.status?.startTime),
    containers: containers.filter((container) => container !== undefined),
  };
}

export const runningContainers = ({ status }: Pod): ContainerStatus[] =>
  [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].filter(
    ({ state }) => state?.running !== undefined,
  );

async function measureContainer(
  { name, containerID = "", state }: ContainerStatus,
  folder: string,
  cgroups: CgroupReader,
): Promise<ContainerFigures | undefined> {
  const id = containerID.replace(/^.*:\/\//, "");
  const usage = id === "" ? undefined : await cgroups.usage(`${folder}/${id}`);
  return usage && { name, startedAt: parseTime(state?.running?.startedAt), usage };
}

/** The pod's network, seen through the process that holds it. */
async function sandboxInterfaces(folder: string, cgroups: CgroupReader): Promise<InterfaceFigures[]> {
  const [pause] = await cgroups.processes(folder);
  return pause === undefined ? [] : networkOf(pause);
}

async function networkOf(process: number | "self"): Promise<InterfaceFigures[]> {
  try {
    return interfacesOf(await readFile(`/proc/${process}/net/dev`, "utf8"));
  } catch {
    return []; // the process ended meanwhile, and with it the network that was to be measured
  }
}
