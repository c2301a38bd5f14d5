import { parseDuration } from "./duration.ts";
import { isJsonObject, type JsonObject } from "./json.ts";
import { type Field, type Node, resolve, type StructNode } from "./nodes.ts";
import { WireWriter } from "./protobuf-wire.ts";

/** Writes an object as the message that its definition describes. Fields without a tag are not part of it. */
export function encodeProtobuf(node: StructNode, value: object): Uint8Array {
  const writer = new WireWriter();
  const inlined = new Map<number, WireWriter>();
  for (const [name, field] of Object.entries(node.fields)) {
    const given = (value as JsonObject)[name];
    if (field.tag === undefined || given === undefined || given === null) continue;
    writeField(writerFor(field, writer, inlined), field.tag, field.node, given);
  }
  for (const [tag, inner] of [...inlined].sort(([a], [b]) => a - b)) writer.bytes(tag, inner.finish());
  return writer.finish();
}

function writerFor({ inside }: Field, own: WireWriter, inlined: Map<number, WireWriter>): WireWriter {
  if (inside === undefined) return own;
  const writer = inlined.get(inside) ?? new WireWriter();
  inlined.set(inside, writer);
  return writer;
}

function writeField(writer: WireWriter, tag: number, node: Node, value: unknown): void {
  const known = resolve(node);
  if (known.kind === "list") {
    for (const item of value as unknown[]) writeValue(writer, tag, known.item, item);
  } else if (known.kind === "map") {
    for (const key of Object.keys(value as object).sort())
      writer.bytes(tag, entry(key, known.value, (value as JsonObject)[key]));
  } else writeValue(writer, tag, known, value);
}

function entry(key: string, node: Node, value: unknown): Uint8Array {
  const writer = new WireWriter();
  writer.text(1, key);
  if (resolve(node).kind === "list") {
    const wrapped = new WireWriter();
    writeField(wrapped, 1, node, value);
    writer.bytes(2, wrapped.finish());
  } else writeValue(writer, 2, node, value);
  return writer.finish();
}

function writeValue(writer: WireWriter, tag: number, node: Node, value: unknown): void {
  const known = resolve(node);
  switch (known.kind) {
    case "integer":
      writer.integer(tag, value as number);
      return;
    case "boolean":
      writer.integer(tag, value === true ? 1 : 0);
      return;
    case "number":
      writer.double(tag, value as number);
      return;
    case "string":
      writer.text(tag, value as string);
      return;
    case "bytes":
      writer.bytes(tag, Buffer.from(value as string, "base64"));
      return;
    case "struct":
      writer.bytes(tag, encodeProtobuf(known, isJsonObject(value) ? value : {}));
      return;
    default:
      writer.bytes(tag, wrapped(known, value));
  }
}

function wrapped(node: ReturnType<typeof resolve>, value: unknown): Uint8Array {
  const writer = new WireWriter();
  switch (node.kind) {
    case "quantity":
      writer.text(1, String(value));
      break;
    case "intOrString":
      writer.integer(1, typeof value === "number" ? 0 : 1);
      writer.integer(2, typeof value === "number" ? value : 0);
      writer.text(3, typeof value === "number" ? "" : String(value));
      break;
    case "time":
      writer.integer(1, Math.floor(Date.parse(value as string) / 1000));
      writer.integer(2, nanosOf(value as string));
      break;
    case "duration":
      writer.integer(1, parseDuration(value as string));
      break;
    default:
      writer.text(1, JSON.stringify(value));
  }
  return writer.finish();
}

/** Read from the text, as dates in this language end at milliseconds. */
const nanosOf = (time: string): number => Number((/\.(\d{1,9})/.exec(time)?.[1] ?? "0").padEnd(9, "0"));
