import assert from "node:assert/strict";
import { test } from "node:test";
import { applyJsonPatch } from "./json-patch.ts";

const document = () => ({ a: { b: 1, "x/y": 2, "m~n": 3 }, list: [1, 2, 3] });

test("operations", () => {
  const cases: readonly [object[], object][] = [
    [[{ op: "add", path: "/a/c", value: 5 }], { a: { b: 1, "x/y": 2, "m~n": 3, c: 5 }, list: [1, 2, 3] }],
    [[{ op: "add", path: "/list/1", value: 9 }], { ...document(), list: [1, 9, 2, 3] }],
    [[{ op: "add", path: "/list/-", value: 4 }], { ...document(), list: [1, 2, 3, 4] }],
    [[{ op: "remove", path: "/list/-1" }], { ...document(), list: [1, 2] }],
    [
      [
        { op: "remove", path: "/a/x~1y" },
        { op: "remove", path: "/a/m~0n" },
      ],
      { a: { b: 1 }, list: [1, 2, 3] },
    ],
    [[{ op: "replace", path: "/list/0", value: null }], { ...document(), list: [null, 2, 3] }],
    [[{ op: "move", from: "/a", path: "/z" }], { z: document().a, list: [1, 2, 3] }],
    [[{ op: "copy", from: "/list", path: "/a/b" }], { a: { ...document().a, b: [1, 2, 3] }, list: [1, 2, 3] }],
    [
      [
        { op: "test", path: "/a/b", value: 1 },
        { op: "test", path: "/none", value: null },
      ],
      document(),
    ],
    [[{ op: "replace", path: "", value: { n: 1 } }], { n: 1 }],
  ];
  for (const [patch, expected] of cases) {
    const target = document();
    assert.deepEqual(applyJsonPatch(target, patch), expected, JSON.stringify(patch));
    assert.deepEqual(target, document());
  }
});

test("what does not fit is refused in Kubernetes' words, and nothing is done", () => {
  const cases: readonly [object, string][] = [
    [
      { op: "add", path: "/no/c", value: 1 },
      'add operation does not apply: doc is missing path: "/no/c": missing value',
    ],
    [
      { op: "remove", path: "/a/no" },
      "error in remove for path: '/a/no': Unable to remove nonexistent key: no: missing value",
    ],
    [{ op: "remove", path: "/no/x" }, 'remove operation does not apply: doc is missing path: "/no/x": missing value'],
    [
      { op: "remove", path: "/list/7" },
      "error in remove for path: '/list/7': Unable to access invalid index: 7: invalid index referenced",
    ],
    [
      { op: "replace", path: "/a/no", value: 1 },
      "replace operation does not apply: doc is missing key: /a/no: missing value",
    ],
    [{ op: "test", path: "/a/b", value: 2 }, "testing value /a/b failed: test failed"],
    [
      { op: "add", path: "/list/x", value: 1 },
      "error in add for path: '/list/x': value was not a proper array index: 'x': strconv.Atoi: parsing \"x\": invalid syntax",
    ],
    [
      { op: "move", from: "/no/x", path: "/b" },
      "move operation does not apply: doc is missing from path: /no/x: missing value",
    ],
    [{ op: "jump", path: "/a" }, "Unexpected kind: jump"],
    [{ op: "toString", path: "/a" }, "Unexpected kind: toString"],
    [
      { op: "add", path: "/constructor/x", value: 1 },
      'add operation does not apply: doc is missing path: "/constructor/x": missing value',
    ],
  ];
  for (const [operation, message] of cases)
    assert.throws(() => applyJsonPatch(document(), [operation]), { message, code: 422 }, message);
  assert.throws(() => applyJsonPatch({}, {}), {
    message: "json: cannot unmarshal object into Go value of type jsonpatch.Patch",
    code: 400,
  });
});
