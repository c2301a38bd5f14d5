import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Container } from "#api/core/v1/container.ts";
import { silentLogger } from "#kit/log.ts";
import { podOf } from "../pod.fixture.ts";
import { podAmounts } from "./cgroup-amounts.ts";
import { openCgroupTree, parseMounts, weightOf } from "./cgroup-tree.ts";
import { podCgroups } from "./pod-cgroups.ts";

type Amounts = Record<string, string>;
const container = (requests?: Amounts, limits?: Amounts): Container =>
  ({ name: "c", resources: { ...(requests && { requests }), ...(limits && { limits }) } }) as Container;
const amounts = (containers: Container[], initContainers: Container[] = []) =>
  podAmounts(podOf({ containers, initContainers }));

test("what a pod may use is what its containers may use together", () => {
  assert.deepEqual(amounts([container()]), { cpuShares: 2 });
  assert.deepEqual(amounts([container({ cpu: "500m" }), container({ cpu: "1" })]), { cpuShares: 1536 });
  const both = { cpu: "500m", memory: "1Mi" };
  assert.deepEqual(amounts([container(both, both), container(both, both)]), {
    cpuShares: 1024,
    cpuLimitMillis: 1000,
    memoryLimitBytes: 2 * 2 ** 20,
  });
  assert.deepEqual(amounts([container(both, { ...both })], [container(both, { cpu: "2" })]), {
    cpuShares: 512,
    cpuLimitMillis: 2000,
  });
});

test("shares become weights", () => {
  assert.deepEqual([2, 1024, 262_144].map(weightOf), [1, 39, 10_000]);
});

describe("the tree", () => {
  test("version 2 hands its controllers down to the pod", async () => {
    const root = await mkdtemp(join(tmpdir(), "cgroup-"));
    try {
      await writeFile(join(root, "mounts"), `cgroup2 ${root} cgroup2 rw 0 0\n`);
      const tree = await openCgroupTree(join(root, "mounts"));
      await tree.set("/pods/burstable/pod1", { cpuShares: 1024, cpuLimitMillis: 500, memoryLimitBytes: 4096 });
      const read = (...path: string[]) => readFileSync(join(root, ...path), "utf8");
      assert.equal(read("cgroup.subtree_control"), "+cpu +memory");
      assert.equal(read("pods", "burstable", "cgroup.subtree_control"), "+cpu +memory");
      const folder = ["pods", "burstable", "pod1"];
      assert.deepEqual([read(...folder, "cpu.weight"), read(...folder, "cpu.max")], ["39", "50000 100000"]);
      assert.equal(read(...folder, "memory.max"), "4096");
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  });

  const trees = parseMounts(readFileSync("/proc/self/mounts", "utf8"));
  const cpu = trees.find(({ controllers }) => controllers.includes("cpu"))?.at;
  const skip = process.getuid?.() === 0 && cpu !== undefined ? false : "needs root and cgroups of version 1";
  test("version 1, for real: shares of the pod and its class, and nothing left", { skip }, async () => {
    const root = `/minik8s-cgroups-${process.pid}`;
    const tree = await openCgroupTree();
    const cgroups = podCgroups(tree, root, silentLogger);
    const first = podOf({ containers: [container({ cpu: "500m" })] }, {}, { uid: "a" });
    const second = podOf({ containers: [container({ cpu: "250m" })] }, {}, { uid: "b" });
    const shares = (path: string) => Number(readFileSync(join(cpu ?? "", root, path, "cpu.shares"), "utf8"));
    try {
      await cgroups.ensure(first);
      await cgroups.ensure(second);
      assert.deepEqual([shares("burstable"), shares("burstable/poda"), shares("burstable/podb")], [768, 512, 256]);
      await mkdir(join(cpu ?? "", root, "burstable", "poda", "left"));
      await cgroups.remove(first);
      assert.equal(existsSync(join(cpu ?? "", root, "burstable", "poda")), false);
      assert.equal(shares("burstable"), 256);
    } finally {
      await tree.remove(root);
    }
    assert.equal(existsSync(join(cpu ?? "", root)), false);
  });
});
