import { SpdyError } from "./spdy-error.ts";

/** What comes off the wire. A long data frame is handed on in pieces as they arrive; `fin` is set on the last. */
export type SpdyFrame =
  | { readonly type: "data"; readonly streamId: number; readonly data: Buffer; readonly fin: boolean }
  | {
      readonly type: "synStream" | "synReply" | "headers";
      readonly streamId: number;
      readonly block: Buffer;
      readonly fin: boolean;
    }
  | { readonly type: "reset"; readonly streamId: number; readonly status: number }
  | { readonly type: "ping"; readonly id: number }
  | { readonly type: "goAway"; readonly lastStreamId: number }
  | { readonly type: "settings" | "windowUpdate" };

export const resetStatus = { protocolError: 1, refusedStream: 3, cancel: 5 } as const;

const version = 3;
const flagFin = 0x01;
const kinds = { synStream: 1, synReply: 2, reset: 3, settings: 4, ping: 6, goAway: 7, headers: 8, windowUpdate: 9 };
const kindOf = new Map(Object.entries(kinds).map(([name, number]) => [number, name as keyof typeof kinds]));

/** A control frame is read as a whole; none that a real peer sends comes near this. */
const largestControlFrame = 64 * 1024;
const nothing = Buffer.alloc(0);

/** A data frame of which `left` bytes are still to come. */
interface OpenData {
  readonly streamId: number;
  readonly fin: boolean;
  left: number;
}

/** Cuts a byte stream into frames. Throws SpdyError on what is no SPDY/3; it must not be used after that. */
export class SpdyFrameReader {
  #rest: Buffer = nothing;
  #open: OpenData | undefined;

  *push(chunk: Buffer): Generator<SpdyFrame> {
    this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    for (let frame = this.#next(); frame; frame = this.#next()) yield frame;
  }

  #next(): SpdyFrame | undefined {
    if (this.#open) return this.#piece(this.#open);
    if (this.#rest.length < 8) return undefined;
    const first = this.#rest.readUInt32BE(0);
    const flags = this.#rest[4]!;
    const length = this.#rest.readUIntBE(5, 3);
    if (first < 0x80000000) {
      if (first === 0) throw new SpdyError("data for stream 0");
      this.#rest = this.#rest.subarray(8);
      this.#open = { streamId: first, fin: (flags & flagFin) !== 0, left: length };
      return this.#piece(this.#open);
    }
    const spoken = (first >>> 16) & 0x7fff;
    if (spoken !== version) throw new SpdyError(`version ${spoken} is not spoken here`);
    if (length > largestControlFrame) throw new SpdyError(`control frame of ${length} bytes`);
    if (this.#rest.length < 8 + length) return undefined;
    const body = this.#rest.subarray(8, 8 + length);
    this.#rest = this.#rest.subarray(8 + length);
    return controlFrame(first & 0xffff, flags, body);
  }

  #piece(open: OpenData): SpdyFrame | undefined {
    if (this.#rest.length === 0 && open.left > 0) return undefined;
    const data = this.#rest.subarray(0, open.left);
    this.#rest = this.#rest.subarray(data.length);
    open.left -= data.length;
    if (open.left === 0) this.#open = undefined;
    return { type: "data", streamId: open.streamId, data, fin: open.fin && open.left === 0 };
  }
}

function controlFrame(kind: number, flags: number, body: Buffer): SpdyFrame {
  const type = kindOf.get(kind);
  const need = (bytes: number) => {
    if (body.length < bytes) throw new SpdyError(`${type} frame of ${body.length} bytes`);
  };
  const id = (at: number) => {
    const value = body.readUInt32BE(at) & 0x7fffffff;
    if (value === 0) throw new SpdyError(`${type} for stream 0`);
    return value;
  };
  const fin = (flags & flagFin) !== 0;
  switch (type) {
    case "synStream":
      need(10);
      return { type, streamId: id(0), block: body.subarray(10), fin };
    case "synReply":
    case "headers":
      need(4);
      return { type, streamId: id(0), block: body.subarray(4), fin };
    case "reset":
      need(8);
      return { type, streamId: id(0), status: body.readUInt32BE(4) };
    case "ping":
      need(4);
      return { type, id: body.readUInt32BE(0) };
    case "goAway":
      need(4);
      return { type, lastStreamId: body.readUInt32BE(0) & 0x7fffffff };
    case "settings":
    case "windowUpdate":
      return { type };
    case undefined:
      throw new SpdyError(`unknown frame type ${kind}`);
  }
}

function control(kind: keyof typeof kinds, fin: boolean, fields: readonly number[], block: Buffer = nothing): Buffer {
  const head = Buffer.alloc(8 + 4 * fields.length);
  head.writeUInt32BE(0x80000000 + version * 0x10000 + kinds[kind], 0);
  head[4] = fin ? flagFin : 0;
  head.writeUIntBE(4 * fields.length + block.length, 5, 3);
  fields.forEach((value, index) => {
    head.writeUInt32BE(value, 8 + 4 * index);
  });
  return Buffer.concat([head, block]);
}

export const spdyFrames = {
  /** `data` must be shorter than 16 MiB. */
  data(streamId: number, data: Buffer, fin: boolean): Buffer {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(streamId, 0);
    head[4] = fin ? flagFin : 0;
    head.writeUIntBE(data.length, 5, 3);
    return Buffer.concat([head, data]);
  },
  /** The two bytes before the block are priority and slot, both 0. */
  synStream: (streamId: number, block: Buffer) =>
    control("synStream", false, [streamId, 0], Buffer.concat([Buffer.alloc(2), block])),
  synReply: (streamId: number, block: Buffer) => control("synReply", false, [streamId], block),
  reset: (streamId: number, status: number) => control("reset", false, [streamId, status]),
  ping: (id: number) => control("ping", false, [id]),
  goAway: (lastStreamId: number) => control("goAway", false, [lastStreamId, 0]),
};
