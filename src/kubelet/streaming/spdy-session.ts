import type { Duplex } from "node:stream";
import { SpdyError } from "./spdy-error.ts";
import { resetStatus, type SpdyFrame, SpdyFrameReader, spdyFrames } from "./spdy-frames.ts";
import { HeaderReader, HeaderWriter } from "./spdy-headers.ts";
import { SpdyStream, type StreamHost } from "./spdy-stream.ts";

export interface SpdySessionOptions {
  readonly role: "client" | "server";
  /** Called for each stream that the peer opens; false refuses it. Without it all are refused. */
  readonly accept?: (stream: SpdyStream) => boolean;
}

const keepAliveMs = 30_000;
/** How long a closed session waits for the peer to hang up too. */
const lingerMs = 5_000;
const largestDataFrame = 64 * 1024;
const mostStreams = 2_000;
/** A peer that makes us answer but does not read the answers is cut off here. */
const mostUnsentBytes = 4 * 1024 * 1024;

/**
 * SPDY/3.1 as spoken between kubectl, kubelets and container runtimes: many streams over one connection.
 *
 * Those peers never send WINDOW_UPDATE nor heed it, so a sender that kept to windows would stop for ever after 64 KiB.
 * What slows a sender down is the connection itself: while the buffer of one stream is full, nothing is read.
 */
export class SpdySession {
  /** Resolves when the connection is closed, for whatever reason. */
  readonly closed: Promise<void>;
  readonly #transport: Duplex;
  readonly #accept: (stream: SpdyStream) => boolean;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #full = new Set<SpdyStream>();
  /** Streams of ours that the peer has not answered yet. */
  readonly #opening = new Map<number, { resolve: (stream: SpdyStream) => void; reject: (error: Error) => void }>();
  readonly #frames = new SpdyFrameReader();
  readonly #headersIn = new HeaderReader();
  readonly #headersOut = new HeaderWriter();
  #waitingForDrain: (() => void)[] = [];
  /** Ours are odd for a client and even for a server; the peer's are the others, and both only grow. */
  #nextId: number;
  #lastPeerId = 0;
  #nextPing: number;
  /** No stream is opened or accepted any more. */
  #closing = false;
  #broken: Error | undefined;
  readonly #host: StreamHost;

  constructor(transport: Duplex, options: SpdySessionOptions) {
    this.#transport = transport;
    this.#accept = options.accept ?? (() => false);
    this.#nextId = this.#nextPing = options.role === "client" ? 1 : 2;
    this.#host = {
      sendData: (id, data, fin, done) => this.#sendData(id, data, fin, done),
      sendCancel: (id) => this.#answer(spdyFrames.reset(id, resetStatus.cancel)),
      wants: (stream) => this.#wants(stream),
      forget: (stream) => this.#forget(stream),
    };
    const pings = setInterval(() => this.#ping(), keepAliveMs).unref();
    this.closed = new Promise((resolve) => {
      transport.once("close", () => {
        clearInterval(pings);
        this.#end(this.#broken);
        resolve();
      });
    });
    transport.on("error", (error) => this.#end(error));
    transport.on("drain", () => this.#drained());
    transport.on("end", () => this.#peerHungUp());
    transport.on("data", (chunk: Buffer) => this.#receive(chunk));
  }

  /** Resolves when the peer has accepted the stream. Throws SpdyError when it refuses, or when the session ends. */
  open(headers: Readonly<Record<string, string>>): Promise<SpdyStream> {
    if (this.#closing) return Promise.reject(new SpdyError("session is closed"));
    const id = this.#nextId;
    this.#nextId += 2;
    const stream = new SpdyStream(this.#host, id, new Map(Object.entries(headers)));
    this.#streams.set(id, stream);
    const { promise, resolve, reject } = Promise.withResolvers<SpdyStream>();
    this.#opening.set(id, { resolve, reject }); // before the write: a peer in this process may answer at once
    this.#transport.write(spdyFrames.synStream(id, this.#headersOut.write(headers)));
    return promise;
  }

  /**
   * Ends the session once what was written is sent; open streams are cancelled. The connection is read on until the
   * peer hangs up: closing with unread input would reset it and take the last of our output along.
   */
  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    for (const stream of this.#streams.values()) stream.destroy();
    if (this.#transport.writable) {
      this.#transport.write(spdyFrames.goAway(this.#lastPeerId));
      this.#transport.end();
    }
    this.#transport.resume();
    const linger = setTimeout(() => this.#transport.destroy(), lingerMs).unref();
    void this.closed.then(() => clearTimeout(linger));
  }

  /** Cuts the connection at once. */
  destroy(error?: Error): void {
    this.#end(error);
    this.#transport.destroy();
  }

  #receive(chunk: Buffer): void {
    if (this.#broken) return;
    try {
      for (const frame of this.#frames.push(chunk)) this.#handle(frame);
    } catch (error) {
      if (this.#transport.writable) this.#transport.write(spdyFrames.goAway(this.#lastPeerId));
      this.destroy(error instanceof Error ? error : new SpdyError(String(error)));
    }
  }

  #handle(frame: SpdyFrame): void {
    switch (frame.type) {
      case "data":
        this.#receiveData(frame.streamId, frame.data, frame.fin);
        break;
      case "synStream":
        this.#accepted(frame);
        break;
      case "synReply":
      case "headers":
        this.#headersIn.read(frame.block); // the values mean nothing to us, but they move the compression window
        if (frame.type === "synReply") this.#replied(frame.streamId);
        if (frame.fin) this.#streams.get(frame.streamId)?.receiveEnd();
        break;
      case "reset":
        this.#wasReset(frame.streamId, frame.status);
        break;
      case "ping":
        // One of our own parity is the answer to a ping of ours; nobody waits for it.
        if (frame.id % 2 !== this.#nextPing % 2) this.#answer(spdyFrames.ping(frame.id));
        break;
      case "goAway":
        this.#closing = true;
        this.#endWhenIdle();
        break;
      case "settings":
      case "windowUpdate":
        break; // see the class: no windows
    }
  }

  #accepted(frame: { readonly streamId: number; readonly block: Buffer; readonly fin: boolean }): void {
    const headers = this.#headersIn.read(frame.block);
    const { streamId } = frame;
    if (streamId % 2 === this.#nextId % 2 || streamId <= this.#lastPeerId)
      throw new SpdyError(`stream ${streamId} may not be opened by the peer now`);
    this.#lastPeerId = streamId;
    const stream = new SpdyStream(this.#host, streamId, headers);
    this.#streams.set(streamId, stream);
    if (this.#closing || this.#streams.size > mostStreams || !this.#accept(stream)) {
      stream.receiveReset();
      stream.destroy();
      this.#answer(spdyFrames.reset(streamId, resetStatus.refusedStream));
      return;
    }
    this.#answer(spdyFrames.synReply(streamId, this.#headersOut.write({})));
    if (frame.fin) stream.receiveEnd();
  }

  #replied(streamId: number): void {
    const stream = this.#streams.get(streamId);
    const opening = this.#opening.get(streamId);
    this.#opening.delete(streamId);
    if (stream) opening?.resolve(stream);
  }

  #receiveData(streamId: number, data: Buffer, fin: boolean): void {
    const stream = this.#streams.get(streamId);
    if (!stream) return; // it was cancelled while this was under way
    if (!stream.receive(data)) {
      this.#full.add(stream);
      this.#transport.pause();
    }
    if (fin) stream.receiveEnd();
  }

  #wasReset(streamId: number, status: number): void {
    this.#opening.get(streamId)?.reject(new SpdyError(`stream was refused with status ${status}`));
    this.#opening.delete(streamId);
    this.#streams.get(streamId)?.receiveReset();
  }

  #sendData(streamId: number, data: Buffer, fin: boolean, done: () => void): void {
    if (!this.#transport.writable) {
      done(); // that the connection is gone is told by #end
      return;
    }
    let at = 0;
    let takesMore = true;
    do {
      const piece = data.subarray(at, at + largestDataFrame);
      at += piece.length;
      takesMore = this.#transport.write(spdyFrames.data(streamId, piece, fin && at >= data.length));
    } while (at < data.length);
    if (takesMore) done();
    else this.#waitingForDrain.push(done);
  }

  #answer(frame: Buffer): void {
    if (!this.#transport.writable) return;
    this.#transport.write(frame);
    if (this.#transport.writableLength > mostUnsentBytes) this.destroy(new SpdyError("the peer does not read"));
  }

  /** Keeps middle boxes from forgetting the connection, and finds out that the peer is gone while input is paused. */
  #ping(): void {
    this.#answer(spdyFrames.ping(this.#nextPing));
    this.#nextPing = (this.#nextPing + 2) % 0x7ffffffe;
  }

  #drained(): void {
    const waiting = this.#waitingForDrain;
    this.#waitingForDrain = [];
    for (const done of waiting) done();
  }

  #wants(stream: SpdyStream): void {
    if (this.#full.delete(stream) && this.#full.size === 0) this.#transport.resume();
  }

  #forget(stream: SpdyStream): void {
    this.#streams.delete(stream.id);
    this.#wants(stream);
    if (this.#closing) this.#endWhenIdle();
  }

  #endWhenIdle(): void {
    if (this.#streams.size === 0 && this.#transport.writable) this.#transport.end();
  }

  /** The connection's other half is over in good order, and with it every stream. */
  #peerHungUp(): void {
    this.#end(undefined);
    if (this.#transport.writable) this.#transport.end();
  }

  #end(error: Error | undefined): void {
    this.#closing = true;
    this.#broken ??= error;
    for (const { reject } of this.#opening.values())
      reject(new SpdyError("session ended before the stream was accepted", { cause: error }));
    this.#opening.clear();
    for (const stream of this.#streams.values()) {
      if (error) stream.connectionLost(error);
      else stream.receiveReset();
    }
    this.#drained();
  }
}
