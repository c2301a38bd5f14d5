import { Readable, Writable } from "node:stream";
import { closedWebSocket, closeWebSocket, type WebSocket } from "./websocket.ts";

/** A message of version 5 to this channel ends the client's half of the channel named in it. */
const closeChannel = 255;
const bufferBytes = 256 * 1024;

/**
 * Several byte streams in one WebSocket: the first byte of each message is the number of its channel. In the base64
 * protocols messages are text, the number is a digit and the rest is encoded.
 */
export class WebSocketChannels {
  readonly closed: Promise<void>;
  readonly #socket: WebSocket;
  readonly #base64: boolean;
  readonly #closable: boolean;
  readonly #inputs = new Map<number, Readable>();
  readonly #full = new Set<Readable>();

  constructor(socket: WebSocket, protocol: string) {
    this.#socket = socket;
    this.#base64 = protocol.includes("base64.");
    this.#closable = protocol.startsWith("v5.");
    this.closed = closedWebSocket(socket);
    socket.on("message", (data: Buffer) => this.#receive(data));
    void this.closed.then(() => {
      for (const input of this.#inputs.values()) this.#endInput(input);
    });
  }

  /** What the client sends on a channel. Messages on channels that nobody asked for are dropped. */
  input(channel: number): Readable {
    const input: Readable = new Readable({
      highWaterMark: bufferBytes,
      read: () => this.#wants(input),
      destroy: (error, done) => {
        this.#inputs.delete(channel);
        this.#wants(input);
        done(error);
      },
    });
    input.on("error", () => {}); // who reads it sees it too; unread it must not end the process
    this.#inputs.set(channel, input);
    return input;
  }

  /** Each write is a message; its end is not told to the client, the protocols have no word for it. */
  output(channel: number): Writable {
    const output = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        if (this.#socket.readyState !== this.#socket.OPEN) done(new Error("the client has hung up"));
        else this.#socket.send(this.#encode(channel, chunk), done);
      },
    });
    output.on("error", () => {}); // as above
    void this.closed.then(() => output.destroy());
    return output;
  }

  close(): void {
    closeWebSocket(this.#socket);
  }

  #encode(channel: number, data: Buffer): string | Buffer {
    if (this.#base64) return `${channel}${data.toString("base64")}`;
    return Buffer.concat([Buffer.from([channel]), data]);
  }

  #receive(message: Buffer): void {
    const first = message[0];
    if (first === undefined) return;
    if (this.#closable && first === closeChannel) {
      const input = this.#inputs.get(message[1] ?? -1);
      if (input) this.#endInput(input);
      return;
    }
    const input = this.#inputs.get(this.#base64 ? first - "0".charCodeAt(0) : first);
    if (!input || input.readableEnded) return;
    const rest = message.subarray(1);
    const data = this.#base64 ? Buffer.from(rest.toString("latin1"), "base64") : rest;
    if (data.length > 0 && !input.push(data)) {
      this.#full.add(input);
      this.#socket.pause();
    }
  }

  /** Not destroyed: what came before can still be read. */
  #endInput(input: Readable): void {
    for (const [channel, known] of this.#inputs) if (known === input) this.#inputs.delete(channel);
    if (!input.destroyed) input.push(null);
  }

  #wants(input: Readable): void {
    if (this.#full.delete(input) && this.#full.size === 0) this.#socket.resume();
  }
}
