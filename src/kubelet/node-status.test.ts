import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { simulatedMachine, thisMachine } from "./machine.ts";
import { type NodeStatusFacts, nodeStatus } from "./node-status.ts";
import { t0 } from "./pod.fixture.ts";

const fine = { ok: true, reason: "", message: "" };
const machine = await simulatedMachine("n1", { cpus: 4, memoryBytes: 8 * 2 ** 30 })();
const facts: NodeStatusFacts = {
  nodeName: "n1",
  addresses: ["192.0.2.1"],
  machine,
  runtimeVersion: "containerd://1.6.20",
  kubeletVersion: "v1.36.0+minik8s",
  port: 10250,
  maxPods: 110,
  images: [],
  runtimeReady: fine,
  networkReady: fine,
  now: t0,
};
const condition = (more: Partial<NodeStatusFacts>, type: string) =>
  nodeStatus({ ...facts, ...more }, []).conditions?.find((c) => c.type === type);

describe("a node's status", () => {
  test("what it has and what of it pods may use", () => {
    const { capacity, allocatable, daemonEndpoints, nodeInfo } = nodeStatus(facts, []);
    assert.deepEqual([capacity?.cpu, capacity?.memory, capacity?.pods], ["4", "8388608Ki", "110"]);
    assert.deepEqual([allocatable?.cpu, allocatable?.memory, allocatable?.pods], ["4", "8286208Ki", "110"]);
    assert.equal(daemonEndpoints?.kubeletEndpoint?.Port, 10250);
    assert.equal(nodeInfo?.containerRuntimeVersion, "containerd://1.6.20");
  });

  const cases: readonly [
    type: string,
    more: Partial<NodeStatusFacts>,
    status: string,
    reason: string,
    message: string,
  ][] = [
    ["Ready", {}, "True", "KubeletReady", "kubelet is posting ready status"],
    [
      "Ready",
      { networkReady: { ok: false, reason: "NetworkPluginNotReady", message: "cni plugin not initialized" } },
      "False",
      "KubeletNotReady",
      "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:cni plugin not initialized",
    ],
    ["MemoryPressure", {}, "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"],
    [
      "MemoryPressure",
      { machine: { ...machine, memoryAvailableBytes: 2 ** 20 } },
      "True",
      "KubeletHasInsufficientMemory",
      "kubelet has insufficient memory available",
    ],
    ["DiskPressure", {}, "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"],
    [
      "DiskPressure",
      { machine: { ...machine, diskAvailableBytes: 2 ** 30 } },
      "True",
      "KubeletHasDiskPressure",
      "kubelet has disk pressure",
    ],
    ["PIDPressure", {}, "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"],
  ];
  for (const [type, more, status, reason, message] of cases) {
    test(`${type} ${reason}`, () => {
      const found = condition(more, type);
      assert.deepEqual([found?.status, found?.reason, found?.message], [status, reason, message]);
    });
  }

  test("a condition keeps the time of its last change", () => {
    const before = nodeStatus(facts, []).conditions ?? [];
    const later = nodeStatus({ ...facts, now: t0 + 60_000 }, before).conditions?.find(({ type }) => type === "Ready");
    assert.equal(later?.lastTransitionTime, "2030-01-01T00:00:00Z");
    assert.equal(later?.lastHeartbeatTime, "2030-01-01T00:01:00Z");
  });

  test("this machine is known", async () => {
    const found = await thisMachine("/tmp")();
    assert.ok(found.cpus > 0 && found.memoryBytes > 0 && found.diskBytes > 0 && found.pids > 0);
    assert.match(found.bootId, /^[0-9a-f-]{36}$/);
  });
});
