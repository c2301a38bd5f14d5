import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "#api/core/v1/pod.ts";
import { at, pod, start } from "./objects.fixture.ts";
import { podsToDelete } from "./pod-ranking.plan.ts";

const now = start + 3_600_000;
const first = (pods: Pod[], related = pods) => podsToDelete(pods, related, 1, now)[0]?.metadata.name;
const cost = (value: string) => ({ meta: { annotations: { "controller.kubernetes.io/pod-deletion-cost": value } } });

/** Each row: what goes first, against what, and why. */
const rows: readonly (readonly [why: string, goes: Pod, stays: Pod])[] = [
  ["no node before a node", pod("goes", { phase: "Pending" }), pod("stays", { node: "a", phase: "Pending" })],
  ["pending before running", pod("goes", { node: "a", phase: "Pending" }), pod("stays", { node: "a" })],
  ["unknown before running", pod("goes", { node: "a", phase: "Unknown" }), pod("stays", { node: "a" })],
  ["not ready before ready", pod("goes", { node: "a", ready: false }), pod("stays", { node: "a" })],
  ["cheap before dear", pod("goes", { node: "a", ...cost("-5") }), pod("stays", { node: "a" })],
  [
    "a cost with a leading zero is none",
    pod("goes", { node: "a", ...cost("-1") }),
    pod("stays", { node: "a", ...cost("-07") }),
  ],
  ["short ready before long ready", pod("goes", { node: "a", readySince: 3500 }), pod("stays", { node: "a" })],
  ["often restarted first", pod("goes", { node: "a", restarts: 4 }), pod("stays", { node: "a", restarts: 1 })],
  [
    "young before old",
    pod("goes", { node: "a", meta: { creationTimestamp: at(3500) } }),
    pod("stays", { node: "a", meta: { creationTimestamp: at(0) } }),
  ],
];

for (const [why, goes, stays] of rows) {
  test(`the pod to delete: ${why}`, () => {
    assert.equal(first([stays, goes]), "goes");
    assert.equal(first([goes, stays]), "goes");
  });
}

test("the pod to delete: from the node with more pods of the same work, those of other revisions included", () => {
  const goes = pod("goes", { node: "full" });
  const stays = pod("stays", { node: "free" });
  assert.equal(first([stays, goes], [stays, goes, pod("sibling", { node: "full" })]), "goes");
  assert.equal(
    first([stays, goes], [stays, goes, pod("ended", { node: "full", phase: "Failed" }), pod("x", { node: "free" })]),
    "stays",
  );
});

test("within one order of magnitude of age the uid decides, so that the young ones are not always hit", () => {
  const a = pod("a", { node: "n", readySince: 100 });
  const b = pod("b", { node: "n", readySince: 110 });
  assert.equal(first([b, a]), "a");
});
