import type { MessageTable, NameIn, ReadIn, WrittenIn } from "./messages.ts";
import { delimited, ProtoReader, ProtoWriter, varint } from "./wire.ts";

/** Protobuf of the messages in a table. Numbers beyond 2^53 lose their last digits. */
export interface MessageCodec<T extends MessageTable> {
  encode<N extends NameIn<T>>(message: N, value: WrittenIn<T, N>): Buffer;
  /** Throws RangeError when the message was cut off. */
  decode<N extends NameIn<T>>(message: N, bytes: Buffer): ReadIn<T, N>;
}

interface Field {
  readonly name: string;
  readonly number: number;
  readonly type: string;
  readonly repeated: boolean;
  readonly isMessage: boolean;
  readonly enumNames: readonly string[] | undefined;
}

interface Layout {
  readonly fields: readonly Field[];
  readonly byNumber: ReadonlyMap<number, Field>;
}

type Fields = Readonly<Record<string, unknown>>;

const mapType = "map<string,string>";
const isPacked = ({ type, isMessage }: Field) => type !== "string" && type !== "bytes" && !isMessage;

export function messageCodec<T extends MessageTable>(table: T): MessageCodec<T> {
  const layouts = new Layouts(table);
  return {
    encode: (message, value) => encode(layouts, message, value as Fields),
    decode: (message, bytes) => decode(layouts, message, bytes) as never,
  };
}

class Layouts {
  readonly #table: MessageTable;
  readonly #known = new Map<string, Layout>();

  constructor(table: MessageTable) {
    this.#table = table;
  }

  of(message: string): Layout {
    let layout = this.#known.get(message);
    if (layout) return layout;
    const fields = Object.entries(this.#table.messages[message] ?? {}).map(([name, [number, type]]) =>
      this.#field(name, number, type),
    );
    layout = { fields, byNumber: new Map(fields.map((field) => [field.number, field])) };
    this.#known.set(message, layout);
    return layout;
  }

  #field(name: string, number: number, declared: string): Field {
    const repeated = declared.startsWith("repeated ");
    const type = repeated ? declared.slice("repeated ".length) : declared;
    const isMessage = Object.hasOwn(this.#table.messages, type);
    const enumNames = Object.hasOwn(this.#table.enums, type) ? this.#table.enums[type] : undefined;
    return { name, number, type, repeated, isMessage, enumNames };
  }
}

function encode(layouts: Layouts, message: string, value: Fields): Buffer {
  const writer = new ProtoWriter();
  for (const field of layouts.of(message).fields) {
    const given = value[field.name];
    if (given === undefined) continue;
    if (field.type === mapType) writeMap(writer, field.number, given as Record<string, string>);
    else if (!field.repeated) writeField(layouts, writer, field, given, false);
    else if (isPacked(field)) writePacked(writer, field, given as readonly unknown[]);
    else for (const item of given as readonly unknown[]) writeField(layouts, writer, field, item, true);
  }
  return writer.done();
}

/** `keepDefault`: an empty item of a list counts, an empty field does not. */
function writeField(layouts: Layouts, writer: ProtoWriter, field: Field, value: unknown, keepDefault: boolean): void {
  const { number, type } = field;
  if (field.isMessage) {
    writer.tag(number, delimited);
    writer.bytes(encode(layouts, type, value as Fields));
  } else if (type === "string" || type === "bytes") {
    writeBytes(writer, number, value as string | Uint8Array, keepDefault);
  } else {
    const plain = numberOf(field, value);
    if (plain === 0) return;
    writer.tag(number, varint);
    writer.varint(plain);
  }
}

function writeBytes(writer: ProtoWriter, number: number, value: string | Uint8Array, keepDefault: boolean): void {
  const bytes = typeof value === "string" ? Buffer.from(value) : value;
  if (bytes.length === 0 && !keepDefault) return;
  writer.tag(number, delimited);
  writer.bytes(bytes);
}

function writePacked(writer: ProtoWriter, field: Field, values: readonly unknown[]): void {
  if (values.length === 0) return;
  const packed = new ProtoWriter();
  for (const value of values) packed.varint(numberOf(field, value));
  writer.tag(field.number, delimited);
  writer.bytes(packed.done());
}

function writeMap(writer: ProtoWriter, number: number, map: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(map)) {
    const entry = new ProtoWriter();
    writeBytes(entry, 1, key, false);
    writeBytes(entry, 2, value, false);
    writer.tag(number, delimited);
    writer.bytes(entry.done());
  }
}

function numberOf({ type, enumNames }: Field, value: unknown): number {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "number") return value;
  const index = enumNames?.indexOf(value as string) ?? -1;
  if (index < 0) throw new TypeError(`${JSON.stringify(value)} is no ${type}`);
  return index;
}

function decode(layouts: Layouts, message: string, bytes: Buffer): Fields {
  const layout = layouts.of(message);
  const value: Record<string, unknown> = {};
  for (const field of layout.fields) value[field.name] = defaultOf(field);
  const reader = new ProtoReader(bytes);
  while (reader.at < reader.end) {
    const tag = reader.small();
    const field = layout.byNumber.get(Math.floor(tag / 8));
    const wire = tag & 7;
    if (field && (wire === varint || wire === delimited)) readField(layouts, reader, wire, field, value);
    else reader.skip(wire);
  }
  return value;
}

function defaultOf({ repeated, type, isMessage, enumNames }: Field): unknown {
  if (repeated) return [];
  if (type === mapType) return {};
  if (type === "string") return "";
  if (type === "bytes") return Buffer.alloc(0);
  if (type === "bool") return false;
  if (isMessage) return undefined;
  return enumNames?.[0] ?? 0;
}

function readField(
  layouts: Layouts,
  reader: ProtoReader,
  wire: number,
  field: Field,
  into: Record<string, unknown>,
): void {
  if (field.type === mapType) {
    const [key, value] = mapEntry(reader.bytes());
    (into[field.name] as Record<string, string>)[key] = value;
  } else if (field.repeated && wire === delimited && isPacked(field)) {
    const packed = new ProtoReader(reader.bytes());
    while (packed.at < packed.end) (into[field.name] as unknown[]).push(plainValue(field, packed));
  } else {
    const value = wire === varint ? plainValue(field, reader) : longValue(layouts, field, reader.bytes());
    if (field.repeated) (into[field.name] as unknown[]).push(value);
    else into[field.name] = value;
  }
}

function mapEntry(bytes: Buffer): [key: string, value: string] {
  const entry: [string, string] = ["", ""];
  const reader = new ProtoReader(bytes);
  while (reader.at < reader.end) {
    const tag = reader.small();
    const place = Math.floor(tag / 8) - 1;
    if ((tag & 7) === delimited && (place === 0 || place === 1)) entry[place] = reader.bytes().toString();
    else reader.skip(tag & 7);
  }
  return entry;
}

function plainValue({ type, enumNames }: Field, reader: ProtoReader): unknown {
  if (type === "int32" || type === "int64") return reader.signed();
  const value = reader.small();
  if (type === "bool") return value !== 0;
  return enumNames ? (enumNames[value] ?? String(value)) : value;
}

/** Bytes are copied: what came in one frame must not be held by a small piece of it. */
function longValue(layouts: Layouts, { type, isMessage }: Field, bytes: Buffer): unknown {
  if (isMessage) return decode(layouts, type, bytes);
  return type === "bytes" ? Buffer.from(bytes) : bytes.toString();
}
