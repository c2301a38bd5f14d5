import assert from "node:assert/strict";
import { test } from "node:test";
import { fromJSON } from "@grpc/proto-loader";
import {
  any,
  bool,
  bytes,
  double,
  duration,
  inlined,
  int,
  intOrString,
  lazy,
  list,
  long,
  map,
  microTime,
  quantity,
  ref,
  type StructNode,
  string,
  struct,
  time,
} from "./nodes.ts";
import { decodeProtobuf } from "./protobuf-decode.ts";
import { encodeProtobuf } from "./protobuf-encode.ts";
import { closeEnvelope, openEnvelope } from "./protobuf-envelope.ts";
import { ProtobufError } from "./protobuf-wire.ts";

const Handler = struct("Handler", { exec: ref(struct("Exec", { command: list(string(), { tag: 1 }) }), { tag: 1 }) });
const Node: StructNode = struct("Node", {
  apiVersion: string(),
  ...inlined(Handler, 1),
  name: string({ tag: 2 }),
  replicas: int({ tag: 3 }),
  big: long({ tag: 4 }),
  on: bool({ tag: 5 }),
  ratio: double({ tag: 6 }),
  data: map(bytes(), { tag: 7 }),
  at: time({ tag: 8 }),
  micro: microTime({ tag: 9 }),
  limits: map(quantity(), { tag: 10 }),
  port: intOrString({ tag: 11 }),
  target: intOrString({ tag: 12 }),
  numbers: list(int(), { tag: 13 }),
  inner: lazy(() => Node, { tag: 14 }),
  free: any({ tag: 15 }),
  extra: map(list(string()), { tag: 200 }),
  wait: duration({ tag: 17 }),
});

const value = {
  exec: { command: ["sh", "-c"] },
  name: "häuschen",
  replicas: -1,
  big: 2 ** 52 + 1,
  on: false,
  ratio: 0.25,
  data: { a: "AQID", b: "" },
  at: "2026-01-02T03:04:05Z",
  micro: "2026-01-02T03:04:05.000123Z",
  limits: { cpu: "500m", memory: "1Gi" },
  port: 80,
  target: "http",
  numbers: [0, 1, 300],
  inner: { name: "x", replicas: 0 },
  free: { a: [1, null] },
  extra: { scopes: ["a", "b"] },
  wait: "1m30s",
};

test("what is written is read back", () => {
  assert.deepEqual(decodeProtobuf(Node, encodeProtobuf(Node, { apiVersion: "v1", ...value })), value);
});

/** Another implementation of the wire format, told the same messages. */
function independent() {
  const field = (type: string, id: number, rule?: string) => ({ type, id, ...(rule && { rule }) });
  const entries = (keyType: string, type: string, id: number) => ({ keyType, type, id });
  const message = (fields: object) => ({ fields });
  const messages: unknown = {
    nested: {
      Handler: message({ exec: field("Exec", 1) }),
      Exec: message({ command: field("string", 1, "repeated") }),
      Time: message({ seconds: field("int64", 1), nanos: field("int32", 2) }),
      Quantity: message({ string: field("string", 1) }),
      IntOrString: message({ type: field("int64", 1), intVal: field("int32", 2), strVal: field("string", 3) }),
      Raw: message({ raw: field("bytes", 1) }),
      Extra: message({ items: field("string", 1, "repeated") }),
      Duration: message({ duration: field("int64", 1) }),
      Node: message({
        handler: field("Handler", 1),
        name: field("string", 2),
        replicas: field("int32", 3),
        big: field("int64", 4),
        on: field("bool", 5),
        ratio: field("double", 6),
        data: entries("string", "bytes", 7),
        at: field("Time", 8),
        micro: field("Time", 9),
        limits: entries("string", "Quantity", 10),
        port: field("IntOrString", 11),
        target: field("IntOrString", 12),
        numbers: { ...field("int32", 13, "repeated"), options: { packed: true } },
        inner: field("Node", 14),
        free: field("Raw", 15),
        extra: entries("string", "Extra", 200),
        wait: field("Duration", 17),
        unknown: field("string", 999),
      }),
      Service: { methods: { Call: { requestType: "Node", responseType: "Node" } } },
    },
  };
  const loaded = fromJSON(messages as Parameters<typeof fromJSON>[0], { longs: Number, bytes: String, keepCase: true });
  const service = loaded.Service as Record<
    string,
    { requestSerialize(o: object): Buffer; requestDeserialize(b: Buffer): object }
  >;
  return service.Call!;
}

const plain = {
  handler: { exec: { command: ["sh", "-c"] } },
  name: "häuschen",
  replicas: -1,
  big: 2 ** 52 + 1,
  on: false,
  ratio: 0.25,
  at: { seconds: 1767323045, nanos: 0 },
  micro: { seconds: 1767323045, nanos: 123_000 },
  limits: { cpu: { string: "500m" }, memory: { string: "1Gi" } },
  port: { type: 0, intVal: 80, strVal: "" },
  target: { type: 1, intVal: 0, strVal: "http" },
  numbers: [0, 1, 300],
  inner: { name: "x", replicas: 0 },
  extra: { scopes: { items: ["a", "b"] } },
  wait: { duration: 90e9 },
};

test("another implementation reads what we write and writes what we read", () => {
  const other = independent();
  const read = other.requestDeserialize(Buffer.from(encodeProtobuf(Node, value)));
  assert.deepEqual(JSON.parse(JSON.stringify(read)), {
    ...plain,
    data: { a: "AQID", b: "" },
    free: { raw: Buffer.from('{"a":[1,null]}').toString("base64") },
  });
  const written = other.requestSerialize({
    ...plain,
    data: { a: Buffer.from([1, 2, 3]), b: Buffer.alloc(0) },
    free: { raw: Buffer.from('{"a":[1,null]}') },
    unknown: "skipped",
  });
  assert.deepEqual(decodeProtobuf(Node, written), value);
});

test("a time that is not set is absent", () => {
  assert.deepEqual(decodeProtobuf(Node, Uint8Array.from([(8 << 3) | 2, 0])), {});
});

test("the envelope", () => {
  const raw = encodeProtobuf(Node, value);
  const bytes = closeEnvelope({ apiVersion: "apps/v1", kind: "Deployment", raw });
  assert.equal(Buffer.from(bytes).toString("latin1", 0, 4), "k8s\0");
  const { raw: inner, ...rest } = openEnvelope(bytes);
  assert.deepEqual(rest, { apiVersion: "apps/v1", kind: "Deployment" });
  assert.deepEqual(decodeProtobuf(Node, inner), value);
  assert.throws(() => openEnvelope(Buffer.from("{}")), ProtobufError);
});

test("broken bytes are refused, never read past their end", () => {
  const bytes = encodeProtobuf(Node, value);
  for (let length = 1; length < bytes.length; length++) {
    try {
      decodeProtobuf(Node, bytes.subarray(0, length));
    } catch (error) {
      assert.ok(error instanceof ProtobufError, `${length}: ${error}`);
    }
  }
  for (const broken of [[0], [(2 << 3) | 7], [(2 << 3) | 2, 5, 65], [3 << 3, ...Array(11).fill(0xff)], [2 << 3, 1]])
    assert.throws(() => decodeProtobuf(Node, Uint8Array.from(broken)), ProtobufError, String(broken));
  let deep: Uint8Array = new Uint8Array();
  for (let i = 0; i < 5000; i++) deep = encodeNested(deep);
  assert.throws(() => decodeProtobuf(Node, deep), /exceeded max depth/);
});

function encodeNested(inner: Uint8Array): Uint8Array {
  const length = inner.length;
  const varint = [
    ...(function* () {
      let n = length;
      for (; n > 127; n >>>= 7) yield (n & 127) | 128;
      yield n;
    })(),
  ];
  return Buffer.concat([Uint8Array.from([(14 << 3) | 2, ...varint]), inner]);
}
