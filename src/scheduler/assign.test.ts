import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node } from "#api/core/v1/node.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { type Assignment, assign, enoughNodes } from "./assign.ts";
import { podInfo } from "./cluster-view.ts";
import { node, place, pod, viewOf } from "./placing.fixture.ts";

const messageOf = (assignment: Assignment) => (assignment.node === undefined ? assignment.message : "");

test("pods of one owner spread evenly over equal nodes", () => {
  const view = viewOf([node("a"), node("b"), node("c")]);
  for (let i = 0; i < 6; i++) place(view, pod({}, { owner: "web" }));
  assert.deepEqual(
    view.nodes().map((info) => info.pods.size),
    [2, 2, 2],
  );
});

test("a promised pod counts at once, and its room comes back when it is gone", () => {
  const view = viewOf([node("a", { cpu: "1" })]);
  const first = pod({}, { cpu: "800m" });
  assert.equal(place(view, first).node, "a");
  const second = pod({}, { cpu: "800m" });
  const insufficient =
    "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.";
  assert.equal(messageOf(place(view, second)), insufficient);
  view.removePod(`d/${first.metadata.name}`);
  assert.equal(place(view, second).node, "a");
});

test("a pod that ended takes no room", () => {
  const view = viewOf([node("a", { cpu: "1" })]);
  const ended = { ...pod({ nodeName: "a" }, { cpu: "1" }), status: { phase: "Succeeded" } } as Pod;
  view.setPod(ended);
  assert.equal(place(view, pod({}, { cpu: "1" })).node, "a");
});

const nowhere: [string, Node, object, string][] = [
  ["no node at all", undefined as unknown as Node, {}, "no nodes available to schedule pods"],
  ["a cordoned node", node("a", { spec: { unschedulable: true } }), {}, "1 node(s) were unschedulable"],
  [
    "a selector that fits nobody",
    node("a"),
    { nodeSelector: { disk: "ssd" } },
    "1 node(s) didn't match Pod's node affinity/selector",
  ],
  [
    "a taint",
    node("a", { spec: { taints: [{ key: "k", value: "v", effect: "NoSchedule" }] } }),
    {},
    "1 node(s) had untolerated taint(s)",
  ],
  ["a full node", node("a", { pods: "0" }), {}, "1 Too many pods"],
];
for (const [what, only, spec, reason] of nowhere) {
  test(`says why nobody takes the pod: ${what}`, () => {
    const message = messageOf(place(viewOf(only ? [only] : []), pod(spec)));
    assert.ok(message.includes(reason), message);
  });
}

test("tolerations, selectors and affinities let a pod through", () => {
  const tainted = node("a", {
    labels: { disk: "ssd", rank: "7" },
    spec: { taints: [{ key: "k", value: "v", effect: "NoSchedule" }] },
  });
  const expressions = [{ key: "rank", operator: "Gt", values: ["5"] }];
  const required = { nodeSelectorTerms: [{ matchExpressions: expressions }] };
  const spec = {
    tolerations: [{ key: "k", operator: "Exists" }],
    nodeSelector: { disk: "ssd" },
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } },
  };
  assert.equal(place(viewOf([node("b"), tainted]), pod(spec)).node, "a");
});

test("two pods cannot share a port of the host", () => {
  const ports = { containers: [{ name: "c", ports: [{ containerPort: 80, hostPort: 8080, protocol: "TCP" }] }] };
  const view = viewOf([node("a"), node("b")]);
  const nodes = [place(view, pod(ports)).node, place(view, pod(ports)).node];
  assert.deepEqual(nodes.toSorted(), ["a", "b"]);
  assert.match(messageOf(place(view, pod(ports))), /2 node\(s\) didn't have free ports/);
});

test("init containers count as the most that is needed at one time", () => {
  const init = (cpu: string, restartPolicy?: string) => ({
    name: `i${cpu}`,
    restartPolicy,
    resources: { requests: { cpu } },
  });
  const requests = podInfo(
    pod({ initContainers: [init("1"), init("300m", "Always"), init("2")] }, { cpu: "500m" }),
  ).requests;
  assert.equal(requests.cpu, 2300);
});

test("of many nodes a part is looked at, and everybody has his turn", () => {
  const few = pod();
  const picky = pod({ topologySpreadConstraints: [{ topologyKey: "zone" }] });
  assert.deepEqual(
    [50, 100, 1000, 5000].map((count) => [enoughNodes(count, podInfo(few)), enoughNodes(count, podInfo(picky))]),
    [
      [50, 50],
      [100, 100],
      [100, 420],
      [250, 500],
    ],
  );
  const view = viewOf(["a", "b", "c", "d"].map((name) => node(name)));
  const found = assign(podInfo(few), view, { plugins: [], tie: () => 0, from: 3, enough: 2 });
  assert.deepEqual(found, { node: "d", looked: 2 });
});
