/** Protobuf's wire types that we write. */
export const varint = 0;
export const delimited = 2;

export class ProtoWriter {
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

/** Throws RangeError where the message ends too early. */
export class ProtoReader {
  at = 0;
  readonly end: number;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.end = bytes.length;
  }

  small(): number {
    const start = this.at;
    let value = 0;
    for (let scale = 1; scale <= 2 ** 42; scale *= 128) {
      const byte = this.#bytes[this.at++];
      if (byte === undefined) break;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    this.at = start;
    return Number(this.#large());
  }

  signed(): number {
    const start = this.at;
    const value = this.small();
    if (value < 2 ** 49) return value;
    this.at = start;
    return Number(BigInt.asIntN(64, this.#large()));
  }

  #large(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.at++];
      if (byte === undefined) break;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw new RangeError("the message ends inside a number");
  }

  bytes(): Buffer {
    const length = this.small();
    if (this.at + length > this.end) throw new RangeError("the message ends inside a field");
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }

  skip(wire: number): void {
    if (wire === varint) this.small();
    else if (wire === delimited) this.bytes();
    else if (wire === 1) this.at += 8;
    else if (wire === 5) this.at += 4;
    else throw new RangeError(`the message has a field of unknown wire type ${wire}`);
  }
}
