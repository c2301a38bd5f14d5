import { execFile } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { containerdVersion } from "./containerd-config.ts";

const run = promisify(execFile);

const binDirs = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
const cniDirs = ["/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni"];
const cniPlugins = ["bridge", "host-local", "loopback", "portmap"];

const installAll = "apt-get install containerd runc containernetworking-plugins";

/** What this machine has to run containers with. */
export interface Tools {
  readonly containerd: string;
  readonly major: number;
  readonly minor: number;
  readonly runc: string;
  readonly cniBinDir: string;
}

/** Where to look, and as whom. */
interface Places {
  readonly binDirs: readonly string[];
  readonly cniDirs: readonly string[];
  readonly uid: number | undefined;
}

const thisMachine = (): Places => ({ binDirs, cniDirs, uid: process.getuid?.() });

/** Throws one sentence, with the way out, for the first thing that is missing. */
export async function findTools({ binDirs, cniDirs, uid }: Places = thisMachine()): Promise<Tools> {
  if (uid !== 0) throw new Error("containers need root: run minik8s as root, or with sudo");
  const containerd = binary("containerd", binDirs);
  const runc = binary("runc", binDirs);
  const cniBinDir = cniDirs.find((dir) => cniPlugins.every((plugin) => isExecutable(join(dir, plugin))));
  if (!cniBinDir) {
    throw new Error(
      `the CNI plugins ${cniPlugins.join(", ")} were not found in any of ${cniDirs.join(", ")}: install them with: ${installAll}`,
    );
  }
  const { stdout } = await run(containerd, ["--version"]);
  const version = containerdVersion(stdout);
  if (!version) throw new Error(`${containerd} --version says ${JSON.stringify(stdout)}, which is no version`);
  if (version.major < 2 && !(version.major === 1 && version.minor >= 6)) {
    throw new Error(
      `${containerd} is version ${version.major}.${version.minor}, and 1.6 or newer is needed: upgrade containerd`,
    );
  }
  return { containerd, ...version, runc, cniBinDir };
}

function binary(name: string, binDirs: readonly string[]): string {
  const found = binDirs.map((dir) => join(dir, name)).find(isExecutable);
  if (found) return found;
  throw new Error(`${name} was not found in any of ${binDirs.join(", ")}: install it with: ${installAll}`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // not there, or not for us
  }
}

const sysResource = 24n;

/** Whether we may give a process a lower OOM score than our own (CAP_SYS_RESOURCE). */
export function mayLowerOomScore(): boolean {
  const [, capabilities = "0"] = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return ((BigInt(`0x${capabilities}`) >> sysResource) & 1n) === 1n;
}

/** Layers on overlayfs where this kernel and the filesystem below `dir` can; copies of everything elsewhere. */
export async function chooseSnapshotter(dir: string): Promise<"overlayfs" | "native"> {
  const probe = join(dir, "overlay-probe");
  const at = (name: string) => join(probe, name);
  await Promise.all(["lower", "upper", "work", "merged"].map((name) => mkdir(at(name), { recursive: true })));
  const options = `lowerdir=${at("lower")},upperdir=${at("upper")},workdir=${at("work")}`;
  try {
    await run("mount", ["-t", "overlay", "overlay", "-o", options, at("merged")]);
    await run("umount", [at("merged")]);
    return "overlayfs";
  } catch {
    return "native"; // whatever the reason, images work without it
  } finally {
    await rm(probe, { recursive: true, force: true });
  }
}

/** The last lines of a log, for an error that needs to say more. */
export function tail(path: string, lines = 5): string {
  if (!existsSync(path)) return "";
  return readFileSync(path, "utf8").trim().split("\n").slice(-lines).join("\n");
}
