import assert from "node:assert/strict";
import { test } from "node:test";
import { enumOf, type Infer, int, list, map, ref, required, string, struct } from "./nodes.ts";

const Port = struct("test.Port", {
  port: int({ tag: 1, required: true }),
  protocol: enumOf(["TCP", "UDP"], { tag: 2, default: "TCP" }),
});
const Spec = struct("test.Spec", {
  replicas: int({ tag: 1, default: 1, min: 0 }),
  ports: list(Port, { tag: 2, listType: "map", keys: ["port"] }),
  labels: map(string(), { tag: 3 }),
  main: required(Port, { tag: 4 }),
  spare: ref(Port, { tag: 5 }),
});
interface Spec extends Infer<typeof Spec> {}

test("a definition gives the type of what is read: defaults and required fields are there, others may be missing", () => {
  const spec: Spec = { replicas: 1, main: { port: 80, protocol: "TCP" } };
  const protocols: ("TCP" | "UDP")[] | undefined = spec.ports?.map((p) => p.protocol);
  // @ts-expect-error a field that may be missing needs a question mark
  assert.throws(() => spec.spare.protocol);
  assert.equal(protocols, undefined);
});
