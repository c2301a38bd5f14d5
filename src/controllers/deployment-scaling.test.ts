import assert from "node:assert/strict";
import { test } from "node:test";
import type { Deployment } from "#api/apps/v1/deployment.ts";
import { maxSurge, maxUnavailable } from "./deployment-limits.ts";
import { annotations } from "./deployment-revision.plan.ts";
import {
  newSetSize,
  planRecreate,
  planResize,
  planRollingUpdate,
  type Scale,
  wasResized,
} from "./deployment-scaling.plan.ts";
import { deployment, replicaSet } from "./objects.fixture.ts";

const sizes = (scales: readonly Scale[]) =>
  Object.fromEntries(scales.map(({ set, replicas }) => [set.metadata.name, replicas]));
const rolling = (replicas: number, surge: number | string, unavailable: number | string): Deployment =>
  deployment(replicas, {
    strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: surge, maxUnavailable: unavailable } },
  });
const sizedFor = (desired: number, max: number) => ({
  [annotations.desiredReplicas]: String(desired),
  [annotations.maxReplicas]: String(max),
});

test("percentages: surge is rounded up, unavailable down, and both are never zero", () => {
  const limits = (d: Deployment) => [maxSurge(d), maxUnavailable(d)];
  assert.deepEqual(limits(rolling(10, "25%", "25%")), [3, 2]);
  assert.deepEqual(limits(rolling(1, "25%", "25%")), [1, 0]);
  assert.deepEqual(limits(rolling(3, 0, "10%")), [0, 1]);
  assert.deepEqual(limits(rolling(2, 1, 5)), [1, 2]);
  assert.deepEqual(limits(rolling(0, 1, 1)), [1, 0]);
  assert.deepEqual(limits(deployment(4, { strategy: { type: "Recreate" } })), [0, 0]);
});

test("a new set starts with what the surge leaves room for", () => {
  assert.equal(newSetSize(rolling(10, 3, 2), [replicaSet("old", 10)], 0), 3);
  assert.equal(newSetSize(rolling(10, 3, 2), [replicaSet("old", 13)], 0), 0);
  assert.equal(newSetSize(rolling(10, 3, 2), [], 0), 10);
  assert.equal(newSetSize(deployment(10, { strategy: { type: "Recreate" } }), [replicaSet("old", 10)], 0), 10);
});

test("a rolling update steps through: grow, shrink, grow, shrink", () => {
  const d = rolling(10, 3, 2);
  const step = (n: number, available: number, old: number) =>
    sizes(planRollingUpdate(d, replicaSet("new", n, { available }), [replicaSet("old", old)]));
  assert.deepEqual(step(0, 0, 10), { new: 3 });
  assert.deepEqual(step(3, 0, 10), { old: 8 });
  assert.deepEqual(step(3, 0, 8), { new: 5 });
  assert.deepEqual(step(5, 0, 8), {});
  assert.deepEqual(step(5, 5, 8), { old: 3 });
  assert.deepEqual(step(5, 5, 3), { new: 10 });
  assert.deepEqual(step(10, 10, 3), { old: 0 });
  assert.deepEqual(step(10, 10, 0), {});
});

test("unavailable old pods go first, whichever set they are in", () => {
  const d = rolling(10, 0, 2);
  const old = [replicaSet("a", 5, { created: 1 }), replicaSet("b", 5, { available: 3, created: 2 })];
  assert.deepEqual(sizes(planRollingUpdate(d, replicaSet("new", 0), old)), { b: 3 });
});

test("a stuck rollout is replaced: its pods, which never became available, make room", () => {
  const d = rolling(3, 1, 0);
  const stuck = replicaSet("stuck", 1, { available: 0, created: 2 });
  const good = replicaSet("good", 3, { created: 1 });
  assert.deepEqual(sizes(planRollingUpdate(d, replicaSet("new", 0, { created: 3 }), [good, stuck])), { stuck: 0 });
});

test("a set larger than wanted shrinks at once", () => {
  assert.deepEqual(sizes(planRollingUpdate(rolling(2, 1, 1), replicaSet("new", 5), [])), { new: 2 });
});

test("a changed size is noticed by what the active sets were last scaled for", () => {
  const d = rolling(5, 1, 1);
  assert.equal(wasResized(d, [replicaSet("a", 3, { annotations: sizedFor(3, 4) })]), true);
  assert.equal(wasResized(d, [replicaSet("a", 5, { annotations: sizedFor(5, 6) })]), false);
  assert.equal(wasResized(d, [replicaSet("a", 0, { annotations: sizedFor(3, 4) })]), false);
});

test("the only active set takes a new size whole", () => {
  assert.deepEqual(sizes(planResize(rolling(7, 1, 1), replicaSet("new", 3), [replicaSet("old", 0)])), { new: 7 });
  assert.deepEqual(sizes(planResize(rolling(7, 1, 1), replicaSet("new", 0), [replicaSet("old", 3)])), { old: 7 });
});

test("in the middle of a rollout each set keeps its share of a new size", () => {
  const resized = (wanted: number, newSize: number, old: Record<string, number>) => {
    const options = { annotations: sizedFor(10, 13) };
    const sets = Object.entries(old).map(([name, n], i) => replicaSet(name, n, { ...options, created: i }));
    return sizes(planResize(rolling(wanted, 3, 2), replicaSet("new", newSize, { ...options, created: 9 }), sets));
  };
  assert.deepEqual(resized(20, 5, { old: 8 }), { old: 14, new: 9 });
  assert.deepEqual(resized(5, 5, { old: 8 }), { old: 5, new: 3 });
  assert.deepEqual(resized(0, 5, { old: 8 }), { old: 0, new: 0 });
  assert.deepEqual(resized(10, 5, { a: 4, b: 4 }), { new: 5, b: 4, a: 4 });
});

test("when the new set is complete, what is left of old ones goes", () => {
  const complete = replicaSet("new", 5, { annotations: sizedFor(5, 6) });
  assert.deepEqual(sizes(planResize(rolling(5, 1, 1), complete, [replicaSet("old", 2)])), { old: 0 });
});

test("recreate: old pods go, and only when the last one is gone new ones come", () => {
  const d = deployment(3, { strategy: { type: "Recreate" } });
  const step = (old: number, oldPodsRun: boolean) =>
    sizes(planRecreate(d, replicaSet("new", 0), [replicaSet("old", old)], { oldPodsRun }));
  assert.deepEqual(step(3, true), { old: 0 });
  assert.deepEqual(step(0, true), {});
  assert.deepEqual(step(0, false), { new: 3 });
});
