import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { finished } from "node:stream/promises";

export interface RawReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
}

const fields = (headers: RawReply["headers"]) =>
  Object.entries(headers).flatMap(([name, value]) => [value ?? []].flat().map((text) => `${name}: ${text}\r\n`));

/** A whole HTTP/1.1 answer on a socket that has left Node's HTTP server; closes it. */
export function writeReply(socket: Duplex, { status, headers, body }: RawReply): void {
  socket.on("error", () => {}); // nobody is left to be told
  const all = { ...headers, "content-length": String(body.length), connection: "close" };
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${fields(all).join("")}\r\n`);
  socket.end(body);
}

/** The head of the answer with which a connection leaves HTTP; `rawHeaders` as Node gives them, names and values in turn. */
export function writeUpgraded(socket: Duplex, rawHeaders: readonly string[]): void {
  let head = "HTTP/1.1 101 Switching Protocols\r\n";
  for (let n = 0; n + 1 < rawHeaders.length; n += 2) head += `${rawHeaders[n]}: ${rawHeaders[n + 1]}\r\n`;
  socket.write(`${head}\r\n`);
}

/** How long an end that we have closed in good order may take to close its side. */
const lingerMs = 5_000;

/** Pipes both ways, half-closed ends included; resolves when both ends are gone. */
export async function joinSockets(one: Duplex, other: Duplex): Promise<void> {
  pass(one, other);
  pass(other, one);
  await Promise.all([one, other].map((socket) => finished(socket).catch(() => {}))); // seen by `pass`
}

function pass(from: Duplex, to: Duplex): void {
  from.on("error", () => {}); // followed by "close"
  from.pipe(to);
  from.once("close", () => {
    if (!from.readableEnded) {
      to.destroy();
      return;
    }
    // All of it has been passed on, though perhaps not sent yet; what still comes from there has nowhere to go.
    to.unpipe(from);
    to.resume();
    const linger = setTimeout(() => to.destroy(), lingerMs).unref();
    to.once("close", () => clearTimeout(linger));
  });
}
