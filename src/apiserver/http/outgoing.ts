import type { ServerResponse } from "node:http";
import type { Http2ServerResponse } from "node:http2";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { HttpReply } from "./exchange.ts";

export type Outgoing = ServerResponse | Http2ServerResponse;

/** Smaller answers are not worth the time to compress them. */
const gzipFrom = 128 * 1024;

const compress = promisify(gzip);

export interface SendOptions {
  /** Headers of every answer. */
  readonly headers: Readonly<Record<string, string>>;
  readonly method: string;
  readonly acceptEncoding: string | undefined;
}

/** Writes an answer; resolves when the socket has taken it or is gone. A socket that is gone is no error. */
export async function send(outgoing: Outgoing, reply: HttpReply, options: SendOptions): Promise<void> {
  if (Buffer.isBuffer(reply.body)) return sendWhole(outgoing, reply, reply.body, options);
  await sendStream(outgoing, reply, reply.body, options);
}

async function sendWhole(outgoing: Outgoing, reply: HttpReply, whole: Buffer, options: SendOptions): Promise<void> {
  const zip = whole.length >= gzipFrom && /\bgzip\b/.test(options.acceptEncoding ?? "");
  const body = zip ? await compress(whole, { level: 1 }) : whole;
  if (outgoing.destroyed) return;
  writeHead(outgoing, reply, {
    ...options.headers,
    ...(zip && { "content-encoding": "gzip", vary: "Accept-Encoding" }),
    "content-length": String(body.length),
  });
  if (options.method === "HEAD") outgoing.end();
  else outgoing.end(body);
}

async function sendStream(
  outgoing: Outgoing,
  reply: HttpReply,
  chunks: AsyncIterable<Buffer>,
  { headers }: SendOptions,
): Promise<void> {
  writeHead(outgoing, reply, headers);
  if ("flushHeaders" in outgoing) outgoing.flushHeaders(); // HTTP/2 has sent them; the caller must learn that the watch stands before anything happens
  for await (const chunk of chunks) {
    if (outgoing.destroyed) break;
    if (!(outgoing as ServerResponse).write(chunk)) await writable(outgoing);
  }
  outgoing.end();
}

function writeHead(outgoing: Outgoing, reply: HttpReply, more: Readonly<Record<string, string>>): void {
  (outgoing as ServerResponse).writeHead(reply.status, { ...reply.headers, ...more } as Record<string, string>);
}

/** Resolves when the socket takes more, or never will. */
function writable(outgoing: Outgoing): Promise<void> {
  if (outgoing.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      outgoing.off("drain", done);
      outgoing.off("close", done);
      resolve();
    };
    outgoing.on("drain", done);
    outgoing.on("close", done);
  });
}
