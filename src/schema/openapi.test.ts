import assert from "node:assert/strict";
import { test } from "node:test";
import {
  any,
  bool,
  bytes,
  enumOf,
  int,
  intOrString,
  lazy,
  list,
  long,
  map,
  microTime,
  quantity,
  required,
  type StructNode,
  string,
  struct,
  time,
} from "./nodes.ts";
import { openApiSchemas } from "./openapi.ts";

const Port = struct("a.Port", {
  port: int({ required: true, min: 1 }),
  target: intOrString(),
  proto: enumOf(["TCP", "UDP"]),
});
const Selector = struct("a.Selector", { labels: map(string()) }, { atomic: true, description: "Picks." });
const Spec: StructNode = struct("a.Spec", {
  replicas: int({ default: 1, description: "How many." }),
  selector: required(Selector, { description: "Whom." }),
  ports: list(Port, { patch: "merge", mergeKey: "port", listType: "map", keys: ["port", "proto"] }),
  names: list(string(), { listType: "set", patch: "merge" }),
  limits: map(quantity()),
  plain: map(string(), { atomic: true }),
  at: time({ description: "When." }),
  micro: microTime(),
  data: bytes(),
  count: long(),
  on: bool({ required: true }),
  free: any(),
  inner: lazy(() => Spec),
});

const to = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const kube = "io.k8s.apimachinery.pkg";

test("v3", () => {
  const found = openApiSchemas([Spec], "v3");
  assert.deepEqual(Object.keys(found).sort(), [
    "a.Port",
    "a.Selector",
    "a.Spec",
    `${kube}.api.resource.Quantity`,
    `${kube}.apis.meta.v1.MicroTime`,
    `${kube}.apis.meta.v1.Time`,
    `${kube}.util.intstr.IntOrString`,
  ]);
  assert.deepEqual(found["a.Spec"], {
    type: "object",
    required: ["selector", "on"],
    properties: {
      replicas: { type: "integer", format: "int32", description: "How many.", default: 1 },
      selector: { allOf: [to("a.Selector")], description: "Whom.", default: {} },
      ports: {
        type: "array",
        items: { allOf: [to("a.Port")], default: {} },
        "x-kubernetes-list-map-keys": ["port", "proto"],
        "x-kubernetes-list-type": "map",
        "x-kubernetes-patch-strategy": "merge",
        "x-kubernetes-patch-merge-key": "port",
      },
      names: {
        type: "array",
        items: { type: "string", default: "" },
        "x-kubernetes-list-type": "set",
        "x-kubernetes-patch-strategy": "merge",
      },
      limits: { type: "object", additionalProperties: to(`${kube}.api.resource.Quantity`) },
      plain: {
        type: "object",
        additionalProperties: { type: "string", default: "" },
        "x-kubernetes-map-type": "atomic",
      },
      at: { allOf: [to(`${kube}.apis.meta.v1.Time`)], description: "When." },
      micro: to(`${kube}.apis.meta.v1.MicroTime`),
      data: { type: "string", format: "byte" },
      count: { type: "integer", format: "int64" },
      on: { type: "boolean", default: false },
      free: { type: "object" },
      inner: to("a.Spec"),
    },
  });
  assert.deepEqual(found["a.Selector"], {
    description: "Picks.",
    type: "object",
    properties: { labels: { type: "object", additionalProperties: { type: "string", default: "" } } },
    "x-kubernetes-map-type": "atomic",
  });
  assert.deepEqual(found["a.Port"]?.properties, {
    port: { type: "integer", format: "int32", minimum: 1, default: 0 },
    target: to(`${kube}.util.intstr.IntOrString`),
    proto: { type: "string", enum: ["TCP", "UDP"] },
  });
  assert.deepEqual(found[`${kube}.util.intstr.IntOrString`]?.oneOf, [{ type: "integer" }, { type: "string" }]);
});

test("v2 has no defaults, no oneOf, and descriptions beside references", () => {
  const found = openApiSchemas([Spec], "v2");
  const properties = found["a.Spec"]?.properties as Record<string, unknown>;
  assert.deepEqual(properties.selector, { $ref: "#/definitions/a.Selector", description: "Whom." });
  assert.deepEqual(properties.replicas, { type: "integer", format: "int32", description: "How many." });
  assert.equal(found[`${kube}.util.intstr.IntOrString`]?.type, "string");
  assert.equal(found[`${kube}.api.resource.Quantity`]?.type, "string");
  assert.doesNotMatch(JSON.stringify(found), /"default"|oneOf|allOf/);
});
