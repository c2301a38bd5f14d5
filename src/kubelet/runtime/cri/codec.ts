import { enums, type MessageName, messages, type Read, type Written } from "./messages.ts";

/** Protobuf of the messages in the table. Numbers beyond 2^53 lose their last digits: CRI has them only as nanoseconds. */

interface Field {
  readonly name: string;
  readonly number: number;
  readonly type: string;
  readonly repeated: boolean;
}

interface Layout {
  readonly fields: readonly Field[];
  readonly byNumber: ReadonlyMap<number, Field>;
}

const layouts = new Map<string, Layout>();
const isMessage = (type: string): type is MessageName => Object.hasOwn(messages, type);
const enumNames = (type: string): readonly string[] | undefined =>
  Object.hasOwn(enums, type) ? enums[type as keyof typeof enums] : undefined;
const isPacked = (type: string) => type !== "string" && type !== "bytes" && !isMessage(type);

function layoutOf(message: MessageName): Layout {
  let layout = layouts.get(message);
  if (layout) return layout;
  const entries = Object.entries(messages[message] as Record<string, readonly [number, string]>);
  const fields = entries.map(([name, [number, type]]) => {
    const repeated = type.startsWith("repeated ");
    return { name, number, type: repeated ? type.slice("repeated ".length) : type, repeated };
  });
  layout = { fields, byNumber: new Map(fields.map((field) => [field.number, field])) };
  layouts.set(message, layout);
  return layout;
}

const varint = 0;
const delimited = 2;

class Writer {
  #bytes = Buffer.allocUnsafe(256);
  #length = 0;

  #room(size: number): void {
    if (this.#length + size <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + size));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }

  varint(value: number): void {
    this.#room(10);
    if (value >= 0 && value <= 0x7fffffff) {
      while (value > 127) {
        this.#bytes[this.#length++] = (value & 127) | 128;
        value >>>= 7;
      }
      this.#bytes[this.#length++] = value;
      return;
    }
    let rest = BigInt.asUintN(64, BigInt(Math.trunc(value)));
    while (rest > 127n) {
      this.#bytes[this.#length++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    this.#bytes[this.#length++] = Number(rest);
  }

  tag(field: number, wire: number): void {
    this.varint(field * 8 + wire);
  }

  bytes(value: Uint8Array): void {
    this.varint(value.length);
    this.#room(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  done(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}

export function encode<N extends MessageName>(message: N, value: Written<N>): Buffer {
  const writer = new Writer();
  for (const field of layoutOf(message).fields) {
    const given = (value as Record<string, unknown>)[field.name];
    if (given === undefined) continue;
    if (field.type === "map<string,string>") writeMap(writer, field.number, given as Record<string, string>);
    else if (!field.repeated) writeField(writer, field, given, false);
    else if (isPacked(field.type)) writePacked(writer, field, given as readonly unknown[]);
    else for (const item of given as readonly unknown[]) writeField(writer, field, item, true);
  }
  return writer.done();
}

/** `keepDefault`: an empty item of a list counts, an empty field does not. */
function writeField(writer: Writer, field: Field, value: unknown, keepDefault: boolean): void {
  const { number, type } = field;
  if (isMessage(type)) {
    writer.tag(number, delimited);
    writer.bytes(encode(type, value as Written<MessageName>));
  } else if (type === "string" || type === "bytes") {
    const bytes = typeof value === "string" ? Buffer.from(value) : (value as Buffer);
    if (bytes.length === 0 && !keepDefault) return;
    writer.tag(number, delimited);
    writer.bytes(bytes);
  } else {
    const plain = numberOf(type, value);
    if (plain === 0) return;
    writer.tag(number, varint);
    writer.varint(plain);
  }
}

function writePacked(writer: Writer, field: Field, values: readonly unknown[]): void {
  if (values.length === 0) return;
  const packed = new Writer();
  for (const value of values) packed.varint(numberOf(field.type, value));
  writer.tag(field.number, delimited);
  writer.bytes(packed.done());
}

function writeMap(writer: Writer, number: number, map: Record<string, string>): void {
  for (const [key, value] of Object.entries(map)) {
    const entry = new Writer();
    writeField(entry, { name: "key", number: 1, type: "string", repeated: false }, key, false);
    writeField(entry, { name: "value", number: 2, type: "string", repeated: false }, value, false);
    writer.tag(number, delimited);
    writer.bytes(entry.done());
  }
}

function numberOf(type: string, value: unknown): number {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "number") return value;
  const index = enumNames(type)?.indexOf(value as string) ?? -1;
  if (index < 0) throw new TypeError(`${JSON.stringify(value)} is no ${type}`);
  return index;
}

class Reader {
  at = 0;
  readonly end: number;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.end = bytes.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.at++];
      if (byte === undefined) break;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw new RangeError("the message ends inside a number");
  }

  small(): number {
    return Number(this.varint());
  }

  bytes(): Buffer {
    const length = this.small();
    if (this.at + length > this.end) throw new RangeError("the message ends inside a field");
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }

  skip(wire: number): void {
    if (wire === varint) this.varint();
    else if (wire === delimited) this.bytes();
    else if (wire === 1) this.at += 8;
    else if (wire === 5) this.at += 4;
    else throw new RangeError(`the message has a field of unknown wire type ${wire}`);
  }
}

export function decode<N extends MessageName>(message: N, bytes: Buffer): Read<N> {
  const layout = layoutOf(message);
  const value: Record<string, unknown> = {};
  for (const field of layout.fields) value[field.name] = defaultOf(field);
  const reader = new Reader(bytes);
  while (reader.at < reader.end) {
    const tag = reader.small();
    const field = layout.byNumber.get(Math.floor(tag / 8));
    const wire = tag & 7;
    if (field && (wire === varint || wire === delimited)) readField(reader, wire, field, value);
    else reader.skip(wire);
  }
  return value as Read<N>;
}

function defaultOf(field: Field): unknown {
  if (field.repeated) return [];
  if (field.type === "map<string,string>") return {};
  if (field.type === "string") return "";
  if (field.type === "bytes") return Buffer.alloc(0);
  if (field.type === "bool") return false;
  if (isMessage(field.type)) return undefined;
  return enumNames(field.type)?.[0] ?? 0;
}

function readField(reader: Reader, wire: number, field: Field, into: Record<string, unknown>): void {
  if (field.type === "map<string,string>") {
    const { key, value } = decode("KeyValue", reader.bytes());
    (into[field.name] as Record<string, string>)[key] = value;
  } else if (field.repeated && wire === delimited && isPacked(field.type)) {
    const packed = new Reader(reader.bytes());
    while (packed.at < packed.end) (into[field.name] as unknown[]).push(plainValue(field.type, packed.varint()));
  } else {
    const value = wire === varint ? plainValue(field.type, reader.varint()) : longValue(field.type, reader.bytes());
    if (field.repeated) (into[field.name] as unknown[]).push(value);
    else into[field.name] = value;
  }
}

function plainValue(type: string, value: bigint): unknown {
  if (type === "bool") return value !== 0n;
  if (type === "int32" || type === "int64") return Number(BigInt.asIntN(64, value));
  const names = enumNames(type);
  return names ? (names[Number(value)] ?? String(value)) : Number(value);
}

/** Bytes are copied: what came in one frame must not be held by a small piece of it. */
function longValue(type: string, bytes: Buffer): unknown {
  if (isMessage(type)) return decode(type, bytes);
  return type === "bytes" ? Buffer.from(bytes) : bytes.toString();
}
