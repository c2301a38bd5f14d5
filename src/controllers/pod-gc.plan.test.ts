import assert from "node:assert/strict";
import { test } from "node:test";
import { at, pod } from "./objects.fixture.ts";
import { endedPodsToDelete, neverAssigned } from "./pod-gc.plan.ts";

test("of ended pods the oldest past the threshold go", () => {
  const ended = (name: string, age: number) => pod(name, { phase: "Succeeded", meta: { creationTimestamp: at(age) } });
  const pods = [ended("c", 3), ended("a", 1), pod("runs"), ended("b", 2)];
  assert.deepEqual(
    endedPodsToDelete(pods, 1).map(({ metadata }) => metadata.name),
    ["a", "b"],
  );
  assert.deepEqual(endedPodsToDelete(pods, 3), []);
  assert.deepEqual(endedPodsToDelete(pods, 0), [], "zero means no limit");
});

test("deleted before they had a node", () => {
  const deletionTimestamp = at(1);
  const pods = [
    pod("a", { meta: { deletionTimestamp } }),
    pod("b", { node: "n", meta: { deletionTimestamp } }),
    pod("c"),
  ];
  assert.deepEqual(
    neverAssigned(pods).map(({ metadata }) => metadata.name),
    ["a"],
  );
});
