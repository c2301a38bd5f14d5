import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import { systemClock } from "#kit/clock.ts";
import { silentLogger } from "#kit/log.ts";
import { run } from "#kit/scope.ts";
import { busyboxArchive } from "./busybox-image.ts";
import { type ContainerdOptions, containerd, runningContainerd } from "./containerd.ts";
import { type ContainerdPaths, containerdPaths } from "./containerd-paths.ts";
import { resetContainerd, stopContainerd } from "./containerd-stop.ts";
import { type CriRuntime, openCriRuntime } from "./cri-runtime.ts";
import { importArchive, importImage } from "./image-import.ts";
import { findTools } from "./machine.ts";
import { pauseImage } from "./pause-image.ts";
import { argumentsOf, findProcesses, until } from "./process-table.ts";
import type { SandboxConfig } from "./runtime.ts";

const skip = await findTools().then(
  () => false,
  (error: Error) => error.message,
);

interface Machine {
  readonly dir: string;
  readonly paths: ContainerdPaths;
  readonly runtime: CriRuntime;
  readonly options: ContainerdOptions;
  /** Brings it up as an agent does; the returned function ends the agent, not containerd. */
  agent(changes?: Partial<ContainerdOptions>): Promise<() => Promise<void>>;
}

async function machine(t: TestContext, folder = "containerd"): Promise<Machine> {
  const base = await mkdtemp(join(tmpdir(), "minik8s-life-"));
  const dir = join(base, folder);
  const paths = containerdPaths(dir);
  const bridge = `mk8s-l${process.pid % 100_000}`;
  const runtime = await openCriRuntime({ socket: paths.socket });
  const podCidrs = [`10.${200 + (process.pid % 40)}.${(process.pid >> 6) % 250}.0/24`];
  const options = { dir, bridge, podCidrs, masquerade: false, clock: systemClock, log: silentLogger };
  t.after(async () => {
    runtime.close();
    await resetContainerd(dir, { bridge, cgroupRoot: "/minik8s-life" });
    assert.deepEqual(findProcesses((args) => args.some((arg) => arg.startsWith(base))).map(argumentsOf), []);
    await rm(base, { recursive: true });
  });
  const agent = async (changes: Partial<ContainerdOptions> = {}) => {
    const running = await run([containerd({ ...options, ...changes }, runtime)]);
    return () => running.stop();
  };
  return { dir, paths, runtime, options, agent };
}

const sandbox: SandboxConfig = {
  pod: { name: "lives", namespace: "default", uid: "uid-1" },
  attempt: 0,
  hostname: "lives",
  logDirectory: "/tmp",
  portMappings: [],
  labels: {},
  annotations: {},
  cgroupParent: "/minik8s-life/uid-1",
  hostNetwork: false,
  hostPid: false,
  hostIpc: false,
  sharePidNamespace: false,
  sysctls: {},
  security: {},
};

test("containerd outlives its agent and is adopted by the next, even without its pid file", { skip }, async (t) => {
  const { agent, paths, runtime } = await machine(t);
  const stop = await agent();
  const pid = runningContainerd(paths);
  const id = await runtime.runSandbox(sandbox);
  await stop();
  assert.equal(runningContainerd(paths), pid);
  await rm(paths.pidFile);
  const stopNext = await agent();
  assert.equal(runningContainerd(paths), pid);
  await stopNext();
  await writeFile(paths.pidFile, `${process.pid}\n`); // another process has its number now
  const stopThird = await agent();
  assert.equal(runningContainerd(paths), pid);
  assert.equal((await runtime.sandbox(id))?.ready, true);
  await stopThird();
});

test("a changed configuration takes effect, with the same containers", { skip }, async (t) => {
  const { agent, paths, runtime } = await machine(t);
  await (await agent())();
  const pid = runningContainerd(paths);
  const id = await runtime.runSandbox(sandbox);
  await writeFile(paths.config, `${await readFile(paths.config, "utf8")}# of another version\n`);
  await (await agent())();
  assert.notEqual(runningContainerd(paths), pid);
  assert.equal((await runtime.sandbox(id))?.ready, true);
});

test("a stop ends everything in order; the next start finds images, and pods that ended", { skip }, async (t) => {
  const { agent, dir, paths, runtime } = await machine(t);
  await (await agent())();
  const id = await runtime.runSandbox(sandbox);
  assert.equal(await stopContainerd(dir, { graceSeconds: 1, runtime }), true);
  assert.equal(runningContainerd(paths), undefined);
  assert.deepEqual(findProcesses((args) => args.includes(paths.socket)).map(argumentsOf), []);
  assert.equal(await stopContainerd(dir, { graceSeconds: 1, runtime }), false);
  await (await agent())();
  assert.equal((await runtime.sandbox(id))?.ready, false);
  assert.deepEqual((await runtime.image(pauseImage))?.tags, [pauseImage]);
});

test("with containerd dead, a stop still ends its containers; as after a power cut pods can start anew", {
  skip,
}, async (t) => {
  const { agent, dir, paths, runtime } = await machine(t);
  await (await agent())();
  const id = await runtime.runSandbox(sandbox);
  process.kill(runningContainerd(paths) ?? 0, "SIGKILL");
  assert.equal(await stopContainerd(dir, { graceSeconds: 1, runtime }), true);
  assert.deepEqual(findProcesses((args) => args.includes(paths.socket)).map(argumentsOf), []);
  await (await agent())();
  assert.equal((await runtime.sandbox(id))?.ready, false);
  const next = await runtime.runSandbox({ ...sandbox, attempt: 1 });
  assert.equal((await runtime.sandbox(next))?.ready, true);
  await runtime.stopSandbox(id);
  await runtime.removeSandbox(id);
});

test("a folder with a long name, on copies instead of overlays", { skip }, async (t) => {
  const { agent, paths, runtime } = await machine(t, `${"a-long-name-".repeat(8)}/containerd`);
  await mkdir(paths.dir, { recursive: true });
  await writeFile(paths.config, 'snapshotter = "native"\n');
  await (await agent())();
  assert.match(await readFile(paths.config, "utf8"), /^snapshotter = "native"$/m);
  const id = await runtime.runSandbox(sandbox);
  assert.equal((await runtime.sandbox(id))?.ready, true);
  await runtime.stopSandbox(id);
});

test("what keeps containerd from starting is told", { skip }, async (t) => {
  const { agent, paths } = await machine(t);
  await mkdir(paths.dir, { recursive: true });
  await writeFile(join(paths.dir, "root"), "a file where a folder must be");
  await assert.rejects(agent(), /containerd ended at once; the end of .*containerd\.log:\n.*not a directory/s);
});

test("archives are imported; what is none is told, with the way out", { skip }, async (t) => {
  const { agent, dir, paths, runtime } = await machine(t);
  await (await agent())();
  const archive = await busyboxArchive({ reference: "busy:1", files: [{ path: "/a/b", content: Buffer.from("x") }] });
  const zipped = join(dir, "zipped.tar.gz");
  await writeFile(zipped, gzipSync(archive));
  assert.deepEqual(await importImage(paths.socket, zipped), ["docker.io/library/busy:1"]);
  await until(async () => (await runtime.image("busy:1")) !== undefined, 5000);
  assert.deepEqual((await runtime.image("busy:1"))?.tags, ["docker.io/library/busy:1"]);
  await runtime.removeImage("busy:1");
  assert.equal(await runtime.image("busy:1"), undefined);
  await runtime.removeImage("busy:1");

  await writeFile(join(dir, "page.html"), "<html>".repeat(200));
  await assert.rejects(importImage(paths.socket, join(dir, "page.html")), /is no image archive: make one with: docker/);
  await assert.rejects(importImage(paths.socket, join(dir, "none.tar")), /cannot be read: ENOENT/);
  await assert.rejects(importArchive(join(dir, "no.sock"), archive), /does not answer .*: start it with: minik8s up/);
  assert.equal(existsSync(zipped), true);
});
