/** A whole cluster of its own on this machine, brought up by bin/minik8s: real processes, real containers, real kubectls. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { accessSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { newKubectl, oldKubectl } from "./clients.ts";
import { Kubectl } from "./kubectl.ts";
import { type Outcome, outcomeOf, type ProgramOptions } from "./program.ts";

const repository = resolve(import.meta.dirname, "../..");
const program = join(repository, "bin/minik8s");

/** The reference that the example's image is loaded under. */
export const webImage = "minik8s/web:1.0";

export type KubectlVersion = "1.20" | "1.35";

export interface Machine extends AsyncDisposable {
  readonly dataDir: string;
  readonly port: number;
  readonly kubeconfig: string;
  /** Scratch space that goes with the cluster. */
  readonly scratch: string;
  /** A kubectl of that version, in a namespace that it makes when it is not there. */
  kubectl(version: KubectlVersion, namespace?: string): Promise<Kubectl>;
  minik8s(...args: string[]): Promise<Outcome>;
}

/** For the options of a suite: says why it cannot run here. In CI it must run, and fails instead. */
export const needsRealContainers: { readonly skip?: string } =
  process.env.CI === "true" || canRunContainers() ? {} : { skip: "needs root and containerd" };

function canRunContainers(): boolean {
  if (process.getuid?.() !== 0) return false;
  return ["containerd", "runc", "nft"].every((name) =>
    ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"].some((folder) => {
      try {
        accessSync(join(folder, name));
        return true;
      } catch {
        return false; // not in this folder
      }
    }),
  );
}

/** A cluster with the example's image in it; disposing erases it and checks that nothing of it is left. */
export async function startMachine(): Promise<Machine> {
  const folder = await mkdtemp(join(tmpdir(), "minik8s-machine-"));
  const dataDir = join(folder, "data");
  const home = join(folder, "home");
  const scratch = join(folder, "scratch");
  await Promise.all([mkdir(home), mkdir(scratch)]);
  const env = { ...process.env, MINIK8S_DATA: dataDir, HOME: home, NO_COLOR: "1" };
  delete (env as NodeJS.ProcessEnv).KUBECONFIG;
  const minik8s = (args: readonly string[], options: ProgramOptions = {}) =>
    outcomeOf(program, args, { env, timeoutMs: 90_000, ...options });

  const port = await freePort();
  const up = await minik8s(["up", `--port=${port}`, ...ownRanges()]);
  const machine: Machine = {
    dataDir,
    port,
    kubeconfig: join(dataDir, "admin.kubeconfig"),
    scratch,
    async kubectl(version, namespace = "default") {
      const path = version === "1.20" ? oldKubectl() : newKubectl();
      const kubectl = new Kubectl({
        path,
        namespace,
        scratch,
        env: { KUBECONFIG: machine.kubeconfig, HOME: home, PATH: process.env.PATH },
      });
      if (namespace !== "default") await kubectl.ensureNamespace();
      return kubectl;
    },
    minik8s: (...args) => minik8s(args),
    async [Symbol.asyncDispose]() {
      const { suffix } = JSON.parse(readFileSync(join(dataDir, "cluster.json"), "utf8"));
      const reset = await minik8s(["reset", "--yes"]);
      const left = await leftovers(dataDir, suffix);
      assert.deepEqual({ code: reset.code, left }, { code: 0, left: [] }, reset.stderr);
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    assert.equal(up.code, 0, up.stderr);
    const image = execFileSync("sh", [join(repository, "examples/web/image.sh")], { maxBuffer: 2 ** 26 });
    const load = await minik8s(["image", "load", "-"], { input: image });
    assert.equal(load.code, 0, load.stderr);
  } catch (error) {
    await minik8s(["reset", "--yes"]);
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  return machine;
}

/** Ranges of this process, so that clusters brought up at the same moment do not choose the same free one. */
function ownRanges(): string[] {
  const own = process.pid % 40;
  return [`--cluster-cidr=10.${200 + own}.0.0/16`, `--service-cluster-ip-range=10.${100 + own}.0.0/16`];
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "0.0.0.0", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** What a cluster has left on the machine, a line each. */
async function leftovers(dataDir: string, suffix: string): Promise<string[]> {
  const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n");
  const cgroups = ["/sys/fs/cgroup", ...readdirSync("/sys/fs/cgroup").map((name) => `/sys/fs/cgroup/${name}`)];
  const tables = execFileSync("nft", ["list", "tables"], { encoding: "utf8" }).split("\n");
  return [
    ...(await processesNaming(dataDir)).map((line) => `process ${line}`),
    ...mounts.filter((line) => line.includes(dataDir)).map((line) => `mount ${line}`),
    ...readdirSync("/sys/class/net").filter((name) => name === `mk8s-${suffix}`),
    ...tables.filter((line) => line.includes(suffix)),
    ...cgroups.filter((path) => path.endsWith(`/minik8s-${suffix}`) || hasFolder(path, `minik8s-${suffix}`)),
    ...(await readdir(dataDir)).map((name) => `file ${name}`),
  ];
}

function hasFolder(path: string, name: string): boolean {
  try {
    return readdirSync(path).includes(name);
  } catch {
    return false; // a file, not a hierarchy
  }
}

async function processesNaming(text: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      if (line.includes(text) && Number(pid) !== process.pid) found.push(`${pid} ${line}`);
    } catch {
      // ended meanwhile
    }
  }
  return found;
}
