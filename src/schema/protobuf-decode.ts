import { formatDuration } from "./duration.ts";
import { type JsonObject, setField } from "./json.ts";
import { type Field, resolve, type StructNode } from "./nodes.ts";
import { ProtobufError, textOf, WireReader, wire } from "./protobuf-wire.ts";

/**
 * Reads a message as the JSON object that it stands for; tags that the definition does not know are skipped. Clients
 * write the zeros of fields that are no pointers: `prune` takes them out again. Throws ProtobufError.
 */
export function decodeProtobuf(node: StructNode, bytes: Uint8Array): JsonObject {
  const result: JsonObject = {};
  readStruct({ fields: tagsOf(node), result, depth: 0 }, bytes);
  return result;
}

/** Deeper than any definition goes that does not contain itself. */
const deepest = 100;

interface Place {
  readonly fields: TaggedFields;
  readonly result: JsonObject;
  readonly depth: number;
}

type Tagged = readonly [name: string, field: Field];
interface TaggedFields {
  readonly plain: ReadonlyMap<number, Tagged>;
  /** Messages whose fields stand in the owner in JSON. */
  readonly inlined: ReadonlyMap<number, TaggedFields>;
}

const known = new WeakMap<StructNode, TaggedFields>();

function tagsOf(node: StructNode): TaggedFields {
  const before = known.get(node);
  if (before) return before;
  const all = Object.entries(node.fields).filter(([, { tag }]) => tag !== undefined);
  const among = (inside: number | undefined) =>
    new Map(all.filter(([, f]) => f.inside === inside).map((entry) => [entry[1].tag!, entry]));
  const owners = new Set(all.map(([, { inside }]) => inside).filter((inside) => inside !== undefined));
  const inlined = new Map([...owners].map((tag) => [tag, { plain: among(tag), inlined: new Map() }]));
  const tags = { plain: among(undefined), inlined };
  known.set(node, tags);
  return tags;
}

function readStruct({ fields, result, depth }: Place, bytes: Uint8Array): void {
  if (depth > deepest) throw new ProtobufError("exceeded max depth");
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const { number, type } = reader.tag();
    const inlined = fields.inlined.get(number);
    const tagged = fields.plain.get(number);
    if (inlined && type === wire.bytes) readStruct({ fields: inlined, result, depth }, reader.bytes());
    else if (tagged) readField({ result, name: tagged[0], node: resolve(tagged[1].node), depth }, reader, type);
    else reader.skip(type);
  }
}

type Known = ReturnType<typeof resolve>;

interface Target {
  readonly result: JsonObject;
  readonly name: string;
  readonly node: Known;
  readonly depth: number;
}

function readField({ result, name, node, depth }: Target, reader: WireReader, type: number): void {
  if (node.kind === "list") {
    result[name] ??= [];
    (result[name] as unknown[]).push(...readItems(resolve(node.item), reader, type, depth));
  } else if (node.kind === "map") {
    result[name] ??= {};
    const [key, value] = readEntry(resolve(node.value), reader.bytes(), depth);
    setField(result[name] as JsonObject, key, value);
  } else {
    const value = readValue(node, reader, type, depth);
    if (value !== undefined) result[name] = value;
  }
}

/** Numbers may come packed, several in one go. */
function readItems(node: Known, reader: WireReader, type: number, depth: number): unknown[] {
  const packed = type === wire.bytes && (node.kind === "integer" || node.kind === "boolean" || node.kind === "number");
  if (!packed) return [readValue(node, reader, type, depth) ?? null];
  const inner = new WireReader(reader.bytes());
  const items: unknown[] = [];
  while (!inner.done) items.push(readValue(node, inner, node.kind === "number" ? wire.fixed64 : wire.varint, depth));
  return items;
}

function readEntry(node: Known, bytes: Uint8Array, depth: number): [string, unknown] {
  const reader = new WireReader(bytes);
  let key = "";
  let value: unknown;
  while (!reader.done) {
    const { number, type } = reader.tag();
    if (number === 1 && type === wire.bytes) key = textOf(reader.bytes());
    else if (number !== 2) reader.skip(type);
    // a list cannot be the value of a map, so Kubernetes puts it into a message of its own
    else if (node.kind === "list") value = readWrappedList(node, reader.bytes(), depth);
    else value = readValue(node, reader, type, depth);
  }
  return [key, value ?? emptyOf(node)];
}

function readWrappedList(node: Extract<Known, { kind: "list" }>, bytes: Uint8Array, depth: number): unknown {
  const result: JsonObject = {};
  const items: Field = { node, tag: 1 };
  readStruct(
    { fields: { plain: new Map([[1, ["items", items]]]), inlined: new Map() }, result, depth: depth + 1 },
    bytes,
  );
  return result.items;
}

function emptyOf(node: Known): unknown {
  if (node.kind === "string" || node.kind === "bytes") return "";
  if (node.kind === "integer" || node.kind === "number") return 0;
  if (node.kind === "boolean") return false;
  if (node.kind === "quantity") return "0";
  return node.kind === "list" ? [] : {};
}

function readValue(node: Known, reader: WireReader, type: number, depth: number): unknown {
  const expected = wireTypeOf(node);
  if (type !== expected) throw new ProtobufError(`wrong wireType = ${type} for field of type ${node.kind}`);
  switch (node.kind) {
    case "integer":
      return reader.integer();
    case "boolean":
      return reader.varint() !== 0n;
    case "number":
      return reader.double();
    case "string":
      return textOf(reader.bytes());
    case "bytes":
      return Buffer.from(reader.bytes()).toString("base64");
    case "struct": {
      const result: JsonObject = {};
      readStruct({ fields: tagsOf(node), result, depth: depth + 1 }, reader.bytes());
      return result;
    }
    default:
      return readWrapped(node, numbersAndBytes(reader.bytes()));
  }
}

function wireTypeOf(node: Known): number {
  if (node.kind === "integer" || node.kind === "boolean") return wire.varint;
  return node.kind === "number" ? wire.fixed64 : wire.bytes;
}

type SmallMessage = ReadonlyMap<number, number | Uint8Array>;

function numbersAndBytes(bytes: Uint8Array): SmallMessage {
  const reader = new WireReader(bytes);
  const fields = new Map<number, number | Uint8Array>();
  while (!reader.done) {
    const { number, type } = reader.tag();
    if (type === wire.varint) fields.set(number, reader.integer());
    else if (type === wire.bytes) fields.set(number, reader.bytes());
    else reader.skip(type);
  }
  return fields;
}

/** Types that are one value in JSON and a message of their own in protobuf. */
function readWrapped(node: Known, fields: SmallMessage): unknown {
  const number = (tag: number) => (typeof fields.get(tag) === "number" ? (fields.get(tag) as number) : 0);
  const text = (tag: number) => {
    const value = fields.get(tag);
    return value instanceof Uint8Array ? textOf(value) : "";
  };
  switch (node.kind) {
    case "quantity":
      return text(1) || "0";
    case "intOrString":
      return number(1) === 0 ? number(2) : text(3);
    case "time":
      return fields.size === 0 ? undefined : timeText(number(1), number(2), node.micro);
    case "duration":
      return formatDuration(BigInt(number(1)));
    default:
      return parseRaw(text(1));
  }
}

function timeText(seconds: number, nanos: number, micro: boolean): string {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) throw new ProtobufError(`time out of range: ${seconds}`);
  const whole = date.toISOString().slice(0, 19);
  return micro ? `${whole}.${String(Math.floor(nanos / 1000)).padStart(6, "0")}Z` : `${whole}Z`;
}

/** Values of any shape travel as JSON text. */
function parseRaw(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ProtobufError(`raw value is no JSON: ${(error as Error).message}`);
  }
}
