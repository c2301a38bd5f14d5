import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { isIPv4 } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { systemClock } from "#kit/clock.ts";
import { silentLogger } from "#kit/log.ts";
import { run } from "#kit/scope.ts";
import { busyboxArchive } from "./busybox-image.ts";
import { containerd, runningContainerd } from "./containerd.ts";
import { containerdPaths } from "./containerd-paths.ts";
import { resetContainerd } from "./containerd-stop.ts";
import { openCriRuntime } from "./cri-runtime.ts";
import { importArchive } from "./image-import.ts";
import { findTools } from "./machine.ts";
import { argumentsOf, findProcesses, signalProcess, until } from "./process-table.ts";
import { describeRuntime, type RuntimeUnderTest } from "./runtime.conformance.ts";

const image = "docker.io/library/tools:test";

const missing = await findTools().then(
  () => undefined,
  (error: Error) => error.message,
);

describeRuntime("cri (containerd)", { open, skip: missing });

/** A containerd of its own, in a folder of its own, on a bridge of its own. */
async function open(): Promise<RuntimeUnderTest> {
  const scratch = await mkdtemp(join(tmpdir(), "minik8s-cri-"));
  const dir = join(scratch, "containerd");
  const bridge = `mk8s-t${process.pid % 100_000}`;
  const cgroupRoot = `/minik8s-test-${process.pid}`;
  const paths = containerdPaths(dir);
  const runtime = await openCriRuntime({ socket: paths.socket });
  const podCidrs = [`10.${200 + (process.pid % 40)}.${(process.pid >> 6) % 250}.0/24`];
  const options = { dir, bridge, podCidrs, masquerade: false, clock: systemClock, log: silentLogger };
  const running = await run([containerd(options, runtime)]);
  assert.deepEqual(await importArchive(paths.socket, await busyboxArchive({ reference: image, files: [] })), [image]);
  await until(async () => (await runtime.image(image)) !== undefined, 5000);
  return {
    runtime,
    image,
    scratch,
    cgroupParent: cgroupRoot,
    async crash() {
      const pid = runningContainerd(paths) ?? assert.fail("containerd does not run");
      signalProcess(pid, "SIGKILL");
      const isBack = () => runningContainerd(paths) !== undefined && runningContainerd(paths) !== pid;
      assert.ok(await until(isBack, 10_000), "it was not started again");
      await until(
        () =>
          runtime.version().then(
            () => true,
            () => false,
          ),
        10_000,
      );
    },
    async close() {
      const shims = findProcesses(isShimOf(paths.socket)).map(argumentsOf);
      const left = { shims, mounts: mountsBelow(scratch), addresses: addressesIn(paths.cniDataDir) };
      await running.stop();
      runtime.close();
      await resetContainerd(dir, { bridge, cgroupRoot });
      assert.deepEqual(left, { shims: [], mounts: [], addresses: [] });
      assert.equal(runningContainerd(paths), undefined);
      assert.equal(existsSync(`/sys/class/net/${bridge}`), false, "the bridge is left");
      assert.deepEqual(cgroupsNamed(cgroupRoot), [], "cgroups are left");
      await rm(scratch, { recursive: true });
    },
  };
}

const isShimOf = (socket: string) => (args: readonly string[]) => /shim/.test(args[0] ?? "") && args.includes(socket);

const mountsBelow = (dir: string) =>
  readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((path) => path.startsWith(`${dir}/`));

const addressesIn = (dir: string) =>
  existsSync(dir)
    ? readdirSync(dir, { recursive: true, encoding: "utf8" }).filter((name) => isIPv4(basename(name)))
    : [];

const cgroupsNamed = (path: string) =>
  readdirSync("/sys/fs/cgroup")
    .map((hierarchy) => join("/sys/fs/cgroup", hierarchy, path))
    .filter((folder) => existsSync(folder));
