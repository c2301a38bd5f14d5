import { accessSync, constants, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Layout } from "./layout.ts";
import type { Settings } from "./settings.ts";

/** What stands in the way of a start; one sentence with the way out. */
export class PreflightError extends Error {}

const systemPath = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

const cniFolders = ["/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni"];

/** Programs that a node needs, and the Debian package that brings each. */
const programs = [
  ["containerd", "containerd"],
  ["runc", "runc"],
  ["nft", "nftables"],
  ["iptables", "iptables"],
  ["ip", "iproute2"],
] as const;

/** The proxy mode that needs the program. */
const modeOf = { nft: "nftables", iptables: "iptables" } as const;

export function findProgram(name: string): string | undefined {
  return systemPath.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // not there or not for us: the same to the caller
  }
}

/** Throws PreflightError when this machine cannot run a node with these settings. */
export function checkNode(settings: Pick<Settings, "runtime" | "proxyMode">): void {
  if (settings.runtime.startsWith("simulated:")) return;
  if (process.platform !== "linux") {
    throw new PreflightError("containers need Linux: use --runtime=simulated: here, or run minik8s in a Linux machine");
  }
  if (process.getuid?.() !== 0) {
    throw new PreflightError("a node needs root to run containers: use sudo, or --runtime=simulated: to run none");
  }
  const needed = programs.filter(([name]) => {
    if (name === "containerd" || name === "runc") return settings.runtime === "cri:";
    if (name === "nft" || name === "iptables") return settings.proxyMode === modeOf[name];
    return true;
  });
  const missing: string[] = needed.filter(([name]) => !findProgram(name)).map(([, debian]) => debian);
  if (settings.runtime === "cri:" && !cniFolders.some((folder) => existsSync(join(folder, "bridge")))) {
    missing.push("containernetworking-plugins");
  }
  if (missing.length === 0) return;
  throw new PreflightError(
    `not installed: ${missing.join(", ")}; on Debian and Ubuntu: apt-get install -y ${missing.join(" ")}`,
  );
}

/** Throws PreflightError when the data folder cannot be made or written. */
export function checkDataFolder(layout: Layout): void {
  const probe = join(layout.dataDir, `.probe-${process.pid}`);
  try {
    mkdirSync(layout.dataDir, { recursive: true });
    writeFileSync(probe, "");
    rmSync(probe);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === "ENOSPC" ? "the disk is full" : (error as Error).message;
    throw new PreflightError(
      `data folder ${layout.dataDir} is not writable (${why}): use another --data-dir, or mend it`,
    );
  }
}

/** Throws PreflightError when something else listens on the port. */
export async function checkPort(port: number, address: string): Promise<void> {
  if (port === 0 || (await isFree(port, address))) return;
  throw new PreflightError(
    `port ${port} is taken by another program: stop it, or choose another with --port (for a second cluster also another --data-dir)`,
  );
}

export function isFree(port: number, address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: address, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** The port itself, or the next one that is free. */
export async function freePort(port: number, address: string): Promise<number> {
  if (port === 0) return 0;
  for (let candidate = port; candidate < port + 100; candidate++)
    if (await isFree(candidate, address)) return candidate;
  throw new PreflightError(`no port from ${port} to ${port + 99} is free`);
}
