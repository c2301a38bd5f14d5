import assert from "node:assert/strict";
import { test } from "node:test";
import { applyDefaults } from "./defaults.ts";
import { any, enumOf, int, lazy, list, map, ref, type StructNode, string, struct } from "./nodes.ts";

const Port = struct("Port", { protocol: enumOf(["TCP", "UDP"], { default: "TCP" }), port: int() });
const Spec = struct(
  "Spec",
  {
    replicas: int({ default: 1 }),
    ports: list(Port),
    byName: map(Port),
    strategy: ref(struct("Strategy", { type: string({ default: "RollingUpdate" }) }), { default: {} }),
    modes: list(string(), { default: ["a"] }),
    free: any(),
    image: string({ required: true, keepEmpty: true }),
  },
  {
    derive: (spec) => {
      spec.total = spec.ports?.length ?? 0;
    },
  },
);
const Root: StructNode = struct(
  "Root",
  { spec: ref(Spec, { default: {} }), inner: lazy(() => Root) },
  {
    derive: (root) => {
      root.seen = root.spec.total;
    },
  },
);

test("static defaults reach every depth, hooks run from the inside out", () => {
  const value = { spec: { replicas: 0, ports: [{ port: 80 }, { protocol: "UDP" }], byName: { a: {} }, free: {} } };
  applyDefaults(Root, value);
  assert.deepEqual(value, {
    spec: {
      replicas: 0,
      ports: [{ port: 80, protocol: "TCP" }, { protocol: "UDP" }],
      byName: { a: { protocol: "TCP" } },
      free: {},
      strategy: { type: "RollingUpdate" },
      modes: ["a"],
      image: "",
      total: 2,
    },
    seen: 2,
  });
});

test("a default that is an object or a list belongs to the value alone", () => {
  const [a, b]: { spec?: { modes: string[]; strategy: { type: string } } }[] = [{}, {}];
  applyDefaults(Root, a!);
  a!.spec!.modes.push("b");
  a!.spec!.strategy.type = "Recreate";
  applyDefaults(Root, b!);
  assert.deepEqual(b!.spec!.modes, ["a"]);
  assert.equal(b!.spec!.strategy.type, "RollingUpdate");
});

test("definitions that contain themselves", () => {
  const value: { inner: { inner: { spec?: unknown } } } = { inner: { inner: {} } };
  applyDefaults(Root, value);
  assert.ok(value.inner.inner.spec);
});
