import assert from "node:assert/strict";
import { test } from "node:test";
import { enumOf, int, list, map, ref, required, string, struct } from "./nodes.ts";
import { invalid } from "./problem.ts";
import { validate } from "./validate.ts";

const Port = struct("Port", {
  name: string({ maxLength: 3, minLength: 2, pattern: "^[a-z]+$" }),
  port: int({ required: true, min: 1, max: 65535 }),
  protocol: enumOf(["UDP", "TCP"]),
});
const Spec = struct(
  "Spec",
  {
    replicas: int({ min: 0 }),
    most: int({ max: 5 }),
    ports: list(Port, { listType: "map", keys: ["port", "protocol"] }),
    names: list(string(), { listType: "set" }),
    byName: map(Port),
    image: string({ required: true }),
    imageID: string({ required: true, keepEmpty: true }),
  },
  { check: (spec, path) => (spec.replicas === 7 ? [invalid(`${path}.replicas`, 7, "must not be 7")] : []) },
);
const Root = struct("Root", { spec: required(Spec), other: ref(Spec) });
const told = (spec: object, options = {}) =>
  validate(Root, { spec: { image: "a", ...spec } }, options).map((p) => `${p.field}: ${p.message}`);

test("nothing wrong, nothing said", () => {
  assert.deepEqual(
    told({
      replicas: 0,
      ports: [
        { port: 80, protocol: "TCP", name: "ab" },
        { port: 81, name: "" },
      ],
    }),
    [],
  );
});

test("the rules of fields, in Kubernetes' words and paths", () => {
  assert.deepEqual(told({ replicas: -1 }), ["spec.replicas: Invalid value: -1: must be greater than or equal to 0"]);
  assert.deepEqual(told({ most: 6 }), ["spec.most: Invalid value: 6: must be less than or equal to 5"]);
  assert.deepEqual(told({ ports: [{ port: 1 }, { port: 70000 }] }), [
    "spec.ports[1].port: Invalid value: 70000: must be between 1 and 65535, inclusive",
  ]);
  assert.deepEqual(told({ ports: [{ port: 1, protocol: "SCTP" }] }), [
    'spec.ports[0].protocol: Unsupported value: "SCTP": supported values: "TCP", "UDP"',
  ]);
  assert.deepEqual(told({ byName: { web: {} } }), ["spec.byName[web].port: Required value"]);
  assert.deepEqual(told({ image: "" }), ["spec.image: Required value"]);
  assert.deepEqual(
    validate(Root, {}).map((p) => [p.reason, p.field]),
    [["FieldValueRequired", "spec"]],
  );
  assert.deepEqual(told({ ports: [{ port: 1, name: "A" }] }), [
    'spec.ports[0].name: Invalid value: "A": spec.ports[0].name in body should be at least 2 chars long',
    "spec.ports[0].name: Invalid value: \"A\": spec.ports[0].name in body should match '^[a-z]+$'",
  ]);
  assert.deepEqual(told({ ports: [{ port: 1, name: "abcd" }] }), [
    "spec.ports[0].name: Too long: may not be more than 3 bytes",
  ]);
});

test("hooks of structs are given their path", () => {
  assert.deepEqual(told({ replicas: 7 }), ["spec.replicas: Invalid value: 7: must not be 7"]);
  const below = validate(Spec, { image: "a", replicas: 7 }, { path: "spec.template.spec" });
  assert.deepEqual(below[0]?.field, "spec.template.spec.replicas");
});

test("equal items are a problem only where the caller says so", () => {
  const twice = {
    ports: [
      { port: 1, protocol: "TCP" },
      { port: 1, protocol: "UDP" },
      { port: 1, protocol: "TCP", name: "ab" },
    ],
    names: ["a", "b", "a"],
  };
  assert.deepEqual(told(twice), []);
  assert.deepEqual(told(twice, { uniqueItems: true }), [
    'spec.ports[2]: Duplicate value: {"port":1,"protocol":"TCP"}',
    'spec.names[2]: Duplicate value: "a"',
  ]);
});
