import assert from "node:assert/strict";
import { test } from "node:test";
import { applyMergePatch } from "./merge-patch.ts";

test("the cases of RFC 7386 that have an object at the root", () => {
  const cases: readonly [object, object, object][] = [
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  for (const [target, patch, expected] of cases) {
    const before = structuredClone(target);
    assert.deepEqual(applyMergePatch(target, patch), expected);
    assert.deepEqual(target, before);
  }
});

test("a patch that is no object is refused, and a field called __proto__ is a field", () => {
  assert.throws(() => applyMergePatch({}, []), { name: "PatchError", code: 400 });
  const result = applyMergePatch({}, JSON.parse('{"a":{"__proto__":{"x":1}}}'));
  assert.equal(JSON.stringify(result), '{"a":{"__proto__":{"x":1}}}');
});
