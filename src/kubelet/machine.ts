import { readFile, statfs } from "node:fs/promises";
import { arch, cpus, release } from "node:os";

/** What a node is made of. Amounts in bytes. */
export interface MachineFacts {
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly memoryAvailableBytes: number;
  readonly diskBytes: number;
  readonly diskAvailableBytes: number;
  readonly pids: number;
  readonly pidsUsed: number;
  readonly machineId: string;
  readonly systemUuid: string;
  readonly bootId: string;
  readonly kernelVersion: string;
  readonly osImage: string;
  /** As Go names it: `amd64`, `arm64`. */
  readonly architecture: string;
}

/** Asked anew for each status, as some of it changes. */
export type Machine = () => Promise<MachineFacts>;

/** This machine; `folder` lies on the disk that pods write to. */
export function thisMachine(folder: string): Machine {
  return async () => {
    const [memory, disk, machineId, uuid, bootId, os, pidMax, load] = await Promise.all([
      readFile("/proc/meminfo", "utf8"),
      statfs(folder),
      firstLine("/etc/machine-id"),
      firstLine("/sys/class/dmi/id/product_uuid"),
      firstLine("/proc/sys/kernel/random/boot_id"),
      readFile("/etc/os-release", "utf8").catch(() => ""), // not every system has one
      firstLine("/proc/sys/kernel/pid_max"),
      firstLine("/proc/loadavg"),
    ]);
    const memoryBytes = (name: string) =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(memory)?.[1] ?? 0) * 1024;
    return {
      cpus: cpus().length,
      memoryBytes: memoryBytes("MemTotal"),
      memoryAvailableBytes: memoryBytes("MemAvailable"),
      diskBytes: disk.blocks * disk.bsize,
      diskAvailableBytes: disk.bavail * disk.bsize,
      pids: Number(pidMax),
      pidsUsed: Number(/\/(\d+)/.exec(load)?.[1] ?? 0),
      machineId,
      systemUuid: uuid || machineId,
      bootId,
      kernelVersion: release(),
      osImage: /^PRETTY_NAME="?([^"\n]*)/m.exec(os)?.[1] ?? "Linux",
      architecture: goArchitecture(),
    };
  };
}

/** A machine that exists only as data; its names are derived from the node's. */
export function simulatedMachine(name: string, size: { cpus?: number; memoryBytes?: number } = {}): Machine {
  const { cpus: count = 32, memoryBytes = 256 * 2 ** 30 } = size;
  const facts: MachineFacts = {
    cpus: count,
    memoryBytes,
    memoryAvailableBytes: memoryBytes,
    diskBytes: 2 ** 40,
    diskAvailableBytes: 2 ** 40,
    pids: 4_194_304,
    pidsUsed: 0,
    machineId: name,
    systemUuid: name,
    bootId: name,
    kernelVersion: release(),
    osImage: "simulated",
    architecture: goArchitecture(),
  };
  return async () => facts;
}

const goNames: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386", arm: "arm", arm64: "arm64" };

const goArchitecture = () => goNames[arch()] ?? arch();

/** Empty when the file is missing or not ours to read: containers and some machines lack them. */
async function firstLine(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text.trim();
}
