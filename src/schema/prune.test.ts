import assert from "node:assert/strict";
import { test } from "node:test";
import { any, bool, duration, int, list, map, microTime, quantity, ref, string, struct, time } from "./nodes.ts";
import { duplicateField, prune, strictDecodingError, unknownField } from "./prune.ts";

const Container = struct("Container", { name: string({ required: true }), image: string(), args: list(string()) });
const Spec = struct("Spec", {
  containers: list(Container),
  labels: map(string()),
  limits: map(quantity()),
  size: quantity(),
  at: time(),
  micro: microTime(),
  wait: duration(),
  host: bool(),
  count: int(),
  hostPort: int({ omitZero: true }),
  tty: bool({ omitZero: true }),
  emptyDir: ref(struct("EmptyDir", { medium: string() })),
  class: string({ keepEmpty: true }),
  names: list(string(), { keepEmpty: true }),
  free: any(),
  byName: map(Container),
});
const Root = struct("Root", { spec: ref(Spec) });
const pruned = (spec: object) => prune(Root, { spec });
const kept = (spec: object) => (pruned(spec).object as { spec: unknown }).spec;

test("unknown fields go, and are told by their paths in the order of the input", () => {
  const { object, unknown } = prune(Root, {
    foo: 1,
    spec: { containers: [{ name: "a" }, { name: "b", nmae: "x" }], bar: {}, byName: { c: { name: "c", baz: 1 } } },
  });
  assert.deepEqual(unknown, ["foo", "spec.containers[1].nmae", "spec.bar", "spec.byName.c.baz"]);
  assert.deepEqual(object, {
    spec: { containers: [{ name: "a" }, { name: "b" }], byName: { c: { name: "c" } } },
  });
});

test("what Go leaves out when it encodes is left out", () => {
  assert.deepEqual(
    kept({
      containers: [],
      labels: {},
      at: null,
      emptyDir: {},
      host: false,
      count: 0,
      hostPort: 0,
      tty: false,
      class: "",
      names: [],
    }),
    { emptyDir: {}, host: false, count: 0, class: "", names: [] },
  );
  assert.deepEqual(kept({ containers: [{ name: "", image: "", args: ["", "a"] }], labels: { a: "" } }), {
    containers: [{ name: "", args: ["", "a"] }],
    labels: { a: "" },
  });
});

test("null inside a list or a map is the zero value there", () => {
  assert.deepEqual(kept({ containers: [null], labels: { a: null } }), { containers: [{}], labels: { a: "" } });
});

test("quantities, times and durations become canonical", () => {
  assert.deepEqual(
    kept({
      limits: { cpu: "1000m", memory: "1024Ki", tiny: "1u", number: 0.5 },
      size: "1u",
      at: "2026-01-02T05:04:05.5+02:00",
      micro: "2026-01-02T03:04:05.123456Z",
      wait: "90s",
    }),
    {
      limits: { cpu: "1", memory: "1Mi", tiny: "1m", number: "500m" },
      size: "1u",
      at: "2026-01-02T03:04:05Z",
      micro: "2026-01-02T03:04:05.123456Z",
      wait: "1m30s",
    },
  );
});

test("the result shares nothing with the input", () => {
  const input = { free: { a: [1] }, labels: { a: "b" }, containers: [{ name: "x" }] };
  const output = kept(input) as typeof input;
  assert.deepEqual(output, input);
  output.free.a.push(2);
  output.labels.a = "c";
  output.containers[0]!.name = "y";
  assert.deepEqual(input, { free: { a: [1] }, labels: { a: "b" }, containers: [{ name: "x" }] });
});

test("names that every object inherits are keys like any other, and never fields", () => {
  const { object, unknown } = prune(
    Root,
    JSON.parse('{"constructor":1,"__proto__":{"x":1},"spec":{"labels":{"__proto__":"a","toString":"b"}}}'),
  );
  assert.deepEqual(unknown, ["constructor", "__proto__"]);
  assert.equal(JSON.stringify(object), '{"spec":{"labels":{"__proto__":"a","toString":"b"}}}');
});

test("how the server words it", () => {
  assert.equal(
    strictDecodingError([unknownField("spec.foo"), duplicateField("spec.bar")]),
    'strict decoding error: unknown field "spec.foo", duplicate field "spec.bar"',
  );
});
