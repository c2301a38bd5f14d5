import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openCgroupReader } from "./cgroup-reader.ts";
import { type NodeFigures, noMemory, type Usage } from "./figures.ts";
import { interfacesOf, memoryOfMachine, memoryOfV1, memoryOfV2 } from "./kernel-figures.ts";
import { cadvisorMetrics, resourceMetrics } from "./resource-metrics.ts";
import { CpuRates, statsSummary } from "./summary.ts";

test("the working set leaves out file pages that nobody touches", () => {
  const v1 = memoryOfV1("1000\n", "rss 1\ninactive_file 7\ntotal_rss 500\ntotal_inactive_file 300\ntotal_pgfault 9\n");
  assert.deepEqual(v1, {
    usageBytes: 1000,
    workingSetBytes: 700,
    rssBytes: 500,
    pageFaults: 9,
    majorPageFaults: 0,
  });
  const v2 = memoryOfV2("1000\n", "anon 400\nfile 500\ninactive_file 1200\npgfault 3\npgmajfault 2\n");
  assert.deepEqual(v2, { usageBytes: 1000, workingSetBytes: 0, rssBytes: 400, pageFaults: 3, majorPageFaults: 2 });
  const meminfo = "MemTotal:  100 kB\nMemFree:   40 kB\nAnonPages: 20 kB\nInactive(file):  10 kB\n";
  assert.equal(memoryOfMachine(meminfo, "pgfault 5\n").workingSetBytes, 50 * 1024);
});

test("traffic of each interface but the loopback", () => {
  const text = `Inter-|   Receive                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0
  eth0:  123456     100    2    0    0     0          0         0    65432      90    1    0    0     0       0          0
`;
  assert.deepEqual(interfacesOf(text), [{ name: "eth0", rxBytes: 123456, rxErrors: 2, txBytes: 65432, txErrors: 1 }]);
});

test("both versions of cgroups are read; a folder that is gone has no figures", async () => {
  const root = await mkdtemp(join(tmpdir(), "stats-"));
  try {
    await mkdir(join(root, "v2", "pods"), { recursive: true });
    await writeFile(join(root, "v2", "pods", "cpu.stat"), "usage_usec 1500\nuser_usec 1\n");
    await writeFile(join(root, "v2", "pods", "memory.current"), "4096\n");
    await writeFile(join(root, "v2", "pods", "memory.stat"), "inactive_file 96\n");
    await writeFile(join(root, "v2", "pods", "cgroup.procs"), "12\n13\n");
    await writeFile(join(root, "mounts"), `cgroup2 ${root}/v2 cgroup2 rw 0 0\n`);
    const reader = await openCgroupReader(() => 5, join(root, "mounts"));
    const usage = await reader.usage("/pods");
    assert.deepEqual([usage?.at, usage?.cpuNanoseconds, usage?.memory.workingSetBytes], [5, 1_500_000, 4000]);
    assert.deepEqual(await reader.processes("/pods"), [12, 13]);
    assert.equal(await reader.usage("/gone"), undefined);
    assert.deepEqual(await reader.processes("/gone"), []);
    for (const tree of ["cpuacct", "memory"]) await mkdir(join(root, tree, "p"), { recursive: true });
    await writeFile(join(root, "cpuacct", "p", "cpuacct.usage"), "77\n");
    await writeFile(join(root, "memory", "p", "memory.usage_in_bytes"), "10\n");
    await writeFile(join(root, "memory", "p", "memory.stat"), "total_inactive_file 4\n");
    const mounts = ["cpuacct", "memory"].map((tree) => `cgroup ${root}/${tree} cgroup rw,${tree} 0 0`).join("\n");
    await writeFile(join(root, "mounts"), mounts);
    const old = await (await openCgroupReader(() => 6, join(root, "mounts"))).usage("/p");
    assert.deepEqual([old?.cpuNanoseconds, old?.memory.workingSetBytes], [77, 6]);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});

const usage = (at: number, cpuNanoseconds: number, bytes = 10): Usage => ({
  at,
  cpuNanoseconds,
  memory: { ...noMemory, usageBytes: bytes, workingSetBytes: bytes },
});

const figures = (at: number, nanoseconds: number): NodeFigures => ({
  name: "n",
  startedAt: 0,
  usage: usage(at, nanoseconds * 2),
  memoryAvailableBytes: 99,
  interfaces: [{ name: "eth0", rxBytes: 1, rxErrors: 0, txBytes: 2, txErrors: 0 }],
  filesystem: { capacityBytes: 3, availableBytes: 2, usedBytes: 1 },
  imageFilesystemUsedBytes: 7,
  pids: { max: 100, used: 3 },
  pods: [
    {
      name: "web",
      namespace: "d",
      uid: "u",
      startedAt: 1000,
      usage: usage(at, nanoseconds),
      interfaces: [{ name: "eth0", rxBytes: 5, rxErrors: 0, txBytes: 6, txErrors: 0 }],
      containers: [{ name: "c", startedAt: 2000, usage: usage(at, nanoseconds) }],
    },
  ],
});

test("the pages in Prometheus' format carry the names that scrapers know", () => {
  const lines = resourceMetrics(figures(10_000, 2e9)).split("\n");
  for (const line of [
    'container_cpu_usage_seconds_total{container="c",namespace="d",pod="web"} 2 10000',
    'container_memory_working_set_bytes{container="c",namespace="d",pod="web"} 10 10000',
    'container_start_time_seconds{container="c",namespace="d",pod="web"} 2',
    "node_cpu_usage_seconds_total 4 10000",
    "node_memory_working_set_bytes 10 10000",
    'pod_cpu_usage_seconds_total{namespace="d",pod="web"} 2 10000',
    'pod_memory_working_set_bytes{namespace="d",pod="web"} 10 10000',
    "resource_scrape_error 0",
  ])
    assert.ok(lines.includes(line), line);
  const received = 'container_network_receive_bytes_total{interface="eth0",namespace="d",pod="web"} 5 10000';
  assert.ok(cadvisorMetrics(figures(10_000, 2e9)).includes(received));
});

test("the summary has rates from the second measurement on", () => {
  type Summary = {
    node: { cpu: object };
    pods: { podRef: object; cpu: object; network: object; containers: object[] }[];
  };
  const rates = new CpuRates();
  const first = statsSummary(figures(10_000, 2e9), rates.rate) as Summary;
  assert.ok(!("usageNanoCores" in first.node.cpu));
  const { node, pods } = statsSummary(figures(12_000, 3e9), rates.rate) as Summary;
  assert.deepEqual(node.cpu, { time: "1970-01-01T00:00:12Z", usageNanoCores: 1e9, usageCoreNanoSeconds: 6e9 });
  assert.deepEqual(pods[0]?.podRef, { name: "web", namespace: "d", uid: "u" });
  assert.deepEqual(pods[0]?.cpu, { time: "1970-01-01T00:00:12Z", usageNanoCores: 5e8, usageCoreNanoSeconds: 3e9 });
  const restarted = statsSummary(figures(14_000, 1e6), rates.rate) as Summary;
  assert.ok(!("usageNanoCores" in restarted.node.cpu));
});
