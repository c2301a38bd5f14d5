import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "#api/core/v1/pod.ts";
import type { Taint, Toleration } from "#api/core/v1/scheduling.ts";
import { evictionMode, planTaints, sameTaints, silentConditions } from "./node-lifecycle.plan.ts";
import { at, node, pod, start } from "./objects.fixture.ts";
import { planStay } from "./taint-eviction.plan.ts";

const texts = (taints: readonly Taint[]) =>
  taints.map(({ key, effect }) => `${key.replace("node.kubernetes.io/", "")}:${effect}`);

test("a silent kubelet's conditions are unknown, those of others stay", () => {
  const silent = node("a", "True");
  silent.status?.conditions?.push({ type: "NetworkUnavailable", status: "False" });
  const conditions = silentConditions(silent, start + 60_000);
  const by = (type: string) => conditions.find((condition) => condition.type === type);
  assert.deepEqual(by("Ready"), {
    type: "Ready",
    status: "Unknown",
    reason: "NodeStatusUnknown",
    message: "Kubelet stopped posting node status.",
    lastHeartbeatTime: at(0),
    lastTransitionTime: at(60),
  });
  assert.equal(by("MemoryPressure")?.reason, "NodeStatusNeverUpdated");
  assert.equal(by("NetworkUnavailable")?.status, "False");
  const after = { ...silent, status: { conditions: [...conditions] } };
  assert.equal(silentConditions(after, start + 99_000), after.status.conditions, "said once");
});

test("taints follow the conditions, others' taints stay", () => {
  const own: Taint = { key: "mine", effect: "NoExecute" };
  const lost = node("a", "Unknown", { taints: [own], unschedulable: true });
  const taints = planTaints(lost, { drive: "add", now: start + 5000 });
  assert.deepEqual(texts(taints), [
    "mine:NoExecute",
    "unreachable:NoSchedule",
    "unschedulable:NoSchedule",
    "unreachable:NoExecute",
  ]);
  assert.equal(taints.at(-1)?.timeAdded, at(5));
  const again = planTaints({ ...lost, spec: { ...lost.spec, taints } }, { drive: "keep", now: start + 9000 });
  assert.equal(again.at(-1)?.timeAdded, at(5), "put on once");
  assert.ok(sameTaints(taints, again));
  const failed = planTaints({ ...node("a", "False"), spec: { taints } }, { drive: "keep", now: start });
  assert.deepEqual(texts(failed), ["mine:NoExecute", "not-ready:NoSchedule", "not-ready:NoExecute"]);
  assert.deepEqual(texts(planTaints({ ...node("a", "True"), spec: { taints } }, { drive: "keep", now: start })), [
    "mine:NoExecute",
  ]);
  assert.deepEqual(texts(planTaints(node("a", "Unknown"), { drive: "keep", now: start })), ["unreachable:NoSchedule"]);
});

test("pods are not driven off when no node, or hardly one, is ready", () => {
  const nodes = (ready: number, lost: number) => [
    ...Array.from({ length: ready }, (_, i) => node(`r${i}`, "True")),
    ...Array.from({ length: lost }, (_, i) => node(`l${i}`, "Unknown")),
  ];
  assert.equal(evictionMode(nodes(2, 1)), "allowed");
  assert.equal(evictionMode(nodes(1, 2)), "allowed");
  assert.equal(evictionMode(nodes(2, 3)), "stopped");
  assert.equal(evictionMode(nodes(0, 1)), "stopped");
  assert.equal(evictionMode(nodes(40, 60)), "limited");
});

test("how long a pod may stay", () => {
  const tainted = node("a", "Unknown", {
    taints: [
      { key: "node.kubernetes.io/unreachable", effect: "NoSchedule" },
      { key: "node.kubernetes.io/unreachable", effect: "NoExecute", timeAdded: at(10) },
    ],
  });
  const stay = (...tolerations: Toleration[]) =>
    planStay(pod("p", { spec: { containers: [], tolerations } }) as Pod, tainted, start + 30_000);
  const key = "node.kubernetes.io/unreachable";
  assert.deepEqual(stay(), { leave: "now" });
  assert.deepEqual(stay({ key, operator: "Exists" }), { leave: "never" });
  assert.deepEqual(stay({ operator: "Exists", tolerationSeconds: 300 }), { leaveInMs: 280_000 });
  assert.deepEqual(stay({ key, operator: "Exists", tolerationSeconds: 10 }), { leave: "now" });
  assert.deepEqual(stay({ key, operator: "Exists", tolerationSeconds: -1 }), { leave: "now" });
  assert.deepEqual(planStay(pod("p"), node("a", "True"), start), { leave: "never" });
});
