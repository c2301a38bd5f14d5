import { Duplex } from "node:stream";
import type { SpdyHeaders } from "./spdy-headers.ts";

/** What a stream needs of its session. */
export interface StreamHost {
  /** Calls back when the connection takes more. */
  sendData(streamId: number, data: Buffer, fin: boolean, done: () => void): void;
  sendCancel(streamId: number): void;
  /** The stream's buffer has room again. */
  wants(stream: SpdyStream): void;
  forget(stream: SpdyStream): void;
}

/** How much of a stream lies here unread before its session stops reading the connection. */
const bufferBytes = 256 * 1024;
const none = Buffer.alloc(0);

/** One stream of a session. `end()` is the end of our half only; `destroy()` cancels both. */
export class SpdyStream extends Duplex {
  readonly id: number;
  readonly headers: SpdyHeaders;
  readonly #host: StreamHost;
  /** The peer has ended its half: no `push` may follow. */
  #remoteDone = false;
  /** We have ended our half, or nobody is there to read it. */
  #localDone = false;

  constructor(host: StreamHost, id: number, headers: SpdyHeaders) {
    super({ highWaterMark: bufferBytes });
    this.#host = host;
    this.id = id;
    this.headers = headers;
    // Who reads or writes the stream sees the error too; a stream that nobody watches must not end the process.
    this.on("error", () => {});
  }

  /** Whether more may come at once. Data after the peer's own end is dropped. */
  receive(data: Buffer): boolean {
    if (this.#remoteDone || this.destroyed || data.length === 0) return true;
    return this.push(data);
  }

  receiveEnd(): void {
    if (this.#remoteDone || this.destroyed) return;
    this.#remoteDone = true;
    this.push(null);
  }

  /**
   * The peer, or the whole connection, is gone. What came before can still be read; what is written from now on goes
   * nowhere, without an error, since an error would take the unread rest with it.
   */
  receiveReset(): void {
    this.#localDone = true;
    if (this.readableEnded) this.destroy();
    else this.once("end", () => this.destroy());
    this.receiveEnd();
  }

  /** The connection broke: an error for who still waits for data, nothing for who has it all. */
  connectionLost(error: Error): void {
    if (this.#remoteDone) this.receiveReset();
    else {
      this.#localDone = true;
      this.destroy(error);
    }
  }

  override _read(): void {
    this.#host.wants(this);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.#localDone) done();
    else this.#host.sendData(this.id, chunk, false, done);
  }

  override _final(done: () => void): void {
    if (this.#localDone) done();
    else {
      this.#localDone = true;
      this.#host.sendData(this.id, none, true, done);
    }
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (!this.#localDone || !this.#remoteDone) this.#host.sendCancel(this.id);
    this.#localDone = true;
    this.#remoteDone = true;
    this.#host.forget(this);
    done(error);
  }
}
