import assert from "node:assert/strict";
import { test } from "node:test";
import { changedPaths, equal, semanticallyEqual } from "./diff.ts";

test("equal", () => {
  assert.ok(equal({ a: 1, b: [{ c: null }] }, { b: [{ c: null }], a: 1, d: undefined }));
  for (const [a, b] of [
    [{ a: 1 }, { a: "1" }],
    [{ a: [] }, { a: {} }],
    [{ a: null }, {}],
    [
      [1, 2],
      [2, 1],
    ],
    [{}, { constructor: 1 }],
    [{ toString: undefined, a: 1 }, { b: 1 }],
  ])
    assert.ok(!equal(a, b), JSON.stringify([a, b]));
});

test("semantically equal: nothing is nothing", () => {
  assert.ok(semanticallyEqual({ a: { b: [], c: null } }, {}));
  assert.ok(semanticallyEqual({ list: [{ x: {} }] }, { list: [{}] }));
  assert.ok(!semanticallyEqual({ a: 0 }, {}));
  assert.ok(!semanticallyEqual({ a: "" }, {}));
  assert.ok(!semanticallyEqual({ list: [{}] }, { list: [{}, {}] }));
});

test("paths of what differs", () => {
  const a = { spec: { replicas: 1, list: [{ n: "a" }, { n: "b" }], same: { x: 1 } }, gone: 1 };
  const b = { spec: { replicas: 2, list: [{ n: "a" }, { n: "c" }, { n: "d" }], same: { x: 1 } }, added: {} };
  assert.deepEqual(changedPaths(a, b), ["spec.replicas", "spec.list[1].n", "spec.list[2]", "gone", "added"]);
  assert.deepEqual(changedPaths(a, structuredClone(a)), []);
});
