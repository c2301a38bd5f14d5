import assert from "node:assert/strict";
import { test } from "node:test";
import { any, int, list, map, ref, string, struct } from "./nodes.ts";
import { PatchError } from "./patch-error.ts";
import { applyStrategicMergePatch } from "./strategic-merge.ts";

const EnvVar = struct("EnvVar", { name: string(), value: string() });
const Container = struct("Container", {
  name: string(),
  image: string(),
  args: list(string()),
  env: list(EnvVar, { patch: "merge", mergeKey: "name" }),
});
const Strategy = struct("Strategy", { type: string(), rollingUpdate: ref(struct("R", { maxSurge: int() })) });
const Spec = struct("Spec", {
  replicas: int(),
  containers: list(Container, { patch: "merge", mergeKey: "name" }),
  finalizers: list(string(), { patch: "merge" }),
  labels: map(string()),
  strategy: ref(Strategy, { patch: "retainKeys" }),
  free: any(),
});
const Root = struct("Root", { spec: ref(Spec) });

const freeze = <T>(value: T): T => {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
  return value;
};
const patched = (spec: object, patch: object) =>
  applyStrategicMergePatch(Root, freeze({ spec }), freeze({ spec: patch })).spec;

test("objects merge, null removes, lists without a strategy are replaced", () => {
  assert.deepEqual(
    patched(
      { replicas: 1, labels: { a: "1", b: "2" }, free: { x: [1], y: 1 } },
      {
        labels: { b: null, c: "3", d: null },
        free: { x: [2] },
      },
    ),
    { replicas: 1, labels: { a: "1", c: "3" }, free: { x: [2], y: 1 } },
  );
  assert.deepEqual(patched({ labels: { a: "1" } }, { labels: null }), {});
  assert.deepEqual(
    patched({ containers: [{ name: "a", args: ["x", "y"] }] }, { containers: [{ name: "a", args: ["z"] }] }),
    { containers: [{ name: "a", args: ["z"] }] },
  );
});

test("lists of objects merge by their key, at every depth", () => {
  const before = {
    containers: [
      {
        name: "a",
        image: "1",
        env: [
          { name: "X", value: "1" },
          { name: "Y", value: "2" },
        ],
      },
      { name: "b", image: "1" },
    ],
  };
  const patch = {
    containers: [
      { name: "b", image: "2" },
      {
        name: "a",
        env: [
          { name: "Y", value: "3" },
          { name: "Z", value: "4" },
        ],
      },
      { name: "c", image: null, env: [{ name: "Q", $patch: "delete" }, { name: "R" }] },
    ],
  };
  assert.deepEqual(patched(before, patch), {
    containers: [
      { name: "b", image: "2" },
      {
        name: "a",
        image: "1",
        env: [
          { name: "X", value: "1" },
          { name: "Y", value: "3" },
          { name: "Z", value: "4" },
        ],
      },
      { name: "c", env: [{ name: "R" }] },
    ],
  });
});

test("$patch in objects and in items of lists", () => {
  assert.deepEqual(patched({ labels: { a: "1" } }, { labels: { $patch: "replace", b: "2" } }), { labels: { b: "2" } });
  assert.deepEqual(patched({ labels: { a: "1" } }, { labels: { $patch: "delete" } }), { labels: {} });
  const containers = [{ name: "a" }, { name: "b" }, { name: "c" }];
  assert.deepEqual(patched({ containers }, { containers: [{ name: "b", $patch: "delete" }] }), {
    containers: [{ name: "a" }, { name: "c" }],
  });
  assert.deepEqual(patched({ containers }, { containers: [{ $patch: "replace" }, { name: "z" }] }), {
    containers: [{ name: "z" }],
  });
});

test("$setElementOrder puts the items in order, with those that only the server has between them", () => {
  const containers = ["a", "server", "b", "c"].map((name) => ({ name }));
  const names = (patch: object) =>
    (patched({ containers }, patch) as { containers: { name: string }[] }).containers.map((c) => c.name).join(" ");
  const order = (...list: string[]) => list.map((name) => ({ name }));
  assert.equal(names({ "$setElementOrder/containers": order("c", "a", "b") }), "server c a b");
  assert.equal(
    names({
      "$setElementOrder/containers": order("n", "a", "c"),
      containers: [{ name: "n" }, { name: "b", $patch: "delete" }],
    }),
    "n a server c",
  );
  assert.deepEqual(
    patched({ finalizers: ["x", "y"] }, { "$setElementOrder/finalizers": ["z", "x"], finalizers: ["z"] }),
    { finalizers: ["z", "x", "y"] },
  );
});

test("lists of plain values merge as sets; $deleteFromPrimitiveList takes out", () => {
  assert.deepEqual(patched({ finalizers: ["x", "y"] }, { finalizers: ["y", "z"] }), { finalizers: ["x", "y", "z"] });
  assert.deepEqual(patched({ finalizers: ["x", "y"] }, { "$deleteFromPrimitiveList/finalizers": ["x"] }), {
    finalizers: ["y"],
  });
  assert.deepEqual(patched({}, { "$deleteFromPrimitiveList/finalizers": ["x"] }), {});
});

test("$retainKeys drops what it does not name", () => {
  const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } };
  assert.deepEqual(patched({ strategy }, { strategy: { $retainKeys: ["type"], type: "Recreate" } }), {
    strategy: { type: "Recreate" },
  });
  assert.throws(() => patched({ strategy }, { strategy: { $retainKeys: ["x"], type: "Recreate" } }), PatchError);
});

test("what cannot be merged is refused", () => {
  assert.throws(() => patched({ containers: [{ name: "a" }] }, { containers: [{ image: "x" }] }), {
    message: 'map: {"image":"x"} does not contain declared merge key: name',
  });
  assert.throws(
    () => patched({ labels: {} }, { labels: { $patch: "twist" } }),
    /^PatchError: unknown patch type: twist/,
  );
  assert.throws(() => applyStrategicMergePatch(Root, {}, []), PatchError);
});

test("a patch for what is not there yet leaves no instruction in the object", () => {
  assert.deepEqual(
    patched(
      {},
      {
        "$setElementOrder/containers": [{ name: "a" }],
        containers: [
          { name: "a", "$setElementOrder/env": [], env: [{ name: "X", value: null }] },
          { name: "b", $patch: "delete" },
        ],
        strategy: { $retainKeys: ["type"], type: "Recreate" },
      },
    ),
    { containers: [{ name: "a", env: [{ name: "X" }] }], strategy: { type: "Recreate" } },
  );
});
