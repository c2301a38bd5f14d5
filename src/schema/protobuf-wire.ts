/** The wire format of protobuf: tagged varints, fixed numbers and lengths. Knows nothing of what they mean. */
export class ProtobufError extends Error {
  constructor(message: string) {
    super(`proto: ${message}`);
    this.name = "ProtobufError";
  }
}

/** How a value is written; 3 and 4 (groups) are no longer used by anybody. */
export const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

export class WireReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** The field number and wire type of what follows. */
  tag(): { number: number; type: number } {
    const tag = Number(this.varint());
    const number = tag >>> 3;
    if (number === 0 || tag > 0xffffffff) throw new ProtobufError(`illegal tag ${number}`);
    return { number, type: tag & 7 };
  }

  /** As an unsigned 64-bit number. */
  varint(): bigint {
    let result = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, result);
    }
    throw new ProtobufError("integer overflow");
  }

  /** As a signed number; those beyond 2^53 lose precision, as they do in JSON. */
  integer(): number {
    return Number(BigInt.asIntN(64, this.varint()));
  }

  double(): number {
    const at = this.#take(8);
    return this.#view.getFloat64(at, true);
  }

  /** A view of the bytes, no copy. */
  bytes(): Uint8Array {
    const length = Number(this.varint());
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  skip(type: number): void {
    if (type === wire.varint) this.varint();
    else if (type === wire.fixed64) this.#take(8);
    else if (type === wire.fixed32) this.#take(4);
    else if (type === wire.bytes) this.bytes();
    else throw new ProtobufError(`illegal wireType ${type}`);
  }

  #byte(): number {
    return this.#bytes[this.#take(1)]!;
  }

  #take(length: number): number {
    const at = this.#at;
    if (length > this.#bytes.length - at) throw new ProtobufError("unexpected EOF");
    this.#at = at + length;
    return at;
  }
}

export class WireWriter {
  readonly #parts: Uint8Array[] = [];

  integer(number: number, value: number | bigint): void {
    this.#tag(number, wire.varint);
    this.#varint(BigInt.asUintN(64, BigInt(value)));
  }

  double(number: number, value: number): void {
    this.#tag(number, wire.fixed64);
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value, true);
    this.#parts.push(bytes);
  }

  bytes(number: number, value: Uint8Array): void {
    this.#tag(number, wire.bytes);
    this.#varint(BigInt(value.length));
    this.#parts.push(value);
  }

  text(number: number, value: string): void {
    this.bytes(number, Buffer.from(value));
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#parts);
  }

  #tag(number: number, type: number): void {
    this.#varint(BigInt((number << 3) | type));
  }

  #varint(value: bigint): void {
    const bytes: number[] = [];
    let rest = value;
    for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
    bytes.push(Number(rest));
    this.#parts.push(Uint8Array.from(bytes));
  }
}

export const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
