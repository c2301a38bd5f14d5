import assert from "node:assert/strict";
import { test } from "node:test";
import { answer, node, place, pod, viewOf } from "../placing.fixture.ts";
import type { NodeUsage } from "../plugins/plugin.ts";
import { type StrategyName, strategyOf } from "./strategies.ts";

const nodes = ["node-1", "node-2", "node-10"].map((name) => node(name));
const placing = (name: StrategyName, count: number, usage?: Record<string, NodeUsage>, tie = () => 0) => {
  const view = viewOf(nodes, { usage: (nodeName) => usage?.[nodeName] });
  const { plugins } = strategyOf(name, tie);
  return Array.from({ length: count }, () => answer(place(view, pod(), plugins)));
};

test("RoundRobin goes through the nodes in their order and begins anew", () => {
  assert.deepEqual(placing("RoundRobin", 4), ["node-1", "node-2", "node-10", "node-1"]);
});

test("RoundRobin passes over a node that cannot take the pod", () => {
  const view = viewOf([node("a"), node("b", { spec: { unschedulable: true } }), node("c")]);
  const { plugins } = strategyOf("RoundRobin", () => 0);
  assert.deepEqual(
    [1, 2, 3].map(() => answer(place(view, pod(), plugins))),
    ["a", "c", "a"],
  );
});

test("Random takes what chance says", () => {
  const chances = [0.99, 0, 0.4];
  assert.deepEqual(
    placing("Random", 3, undefined, () => chances.shift() ?? 0),
    ["node-10", "node-1", "node-2"],
  );
});

test("LeastPod evens out the number of pods", () => {
  const view = viewOf(nodes);
  const { plugins } = strategyOf("LeastPod", () => 0);
  for (let i = 0; i < 2; i++) place(view, pod({ nodeSelector: { "kubernetes.io/hostname": "node-1" } }), plugins);
  assert.deepEqual(
    [1, 2, 3, 4].map(() => answer(place(view, pod({}, { cpu: "1m" }), plugins))),
    ["node-2", "node-10", "node-2", "node-10"],
  );
});

const used = (cpuMillis: number, mebibytes: number): NodeUsage => ({
  at: 1e12,
  cpuMillis,
  memoryBytes: mebibytes * 2 ** 20,
});
const usage = { "node-1": used(1500, 100), "node-2": used(200, 3000), "node-10": used(900, 500) };

test("LeastCpu and LeastMem go by what was measured", () => {
  assert.deepEqual(placing("LeastCpu", 1, usage), ["node-2"]);
  assert.deepEqual(placing("LeastMem", 1, usage), ["node-1"]);
});

test("pods placed since the measurement count with what they ask for, so a burst spreads", () => {
  const even = { "node-1": used(200, 0), "node-2": used(200, 0), "node-10": used(250, 0) };
  assert.deepEqual(placing("LeastCpu", 4, even), ["node-1", "node-2", "node-10", "node-1"]);
});

test("without figures requests are what counts", () => {
  assert.deepEqual(placing("LeastCpu", 3), ["node-1", "node-2", "node-10"]);
});
