import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { Duplex, type Readable } from "node:stream";
import { finished } from "node:stream/promises";
import type { StreamOptions, StreamSession } from "../runtime/runtime.ts";
import { exitCodeOf } from "./remote-command-status.ts";
import { SpdySession } from "./spdy-session.ts";
import type { SpdyStream } from "./spdy-stream.ts";

const connectTimeoutMs = 30_000;
const longestMessage = 64 * 1024;

/** What a streaming server behind TLS wants to see: PEM, and headers such as a bearer token. */
export interface StreamCredentials {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly rejectUnauthorized?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Runs what the URL of a streaming server stands for: an exec or an attach. Rejects when it is refused. */
export async function openRemoteCommand(
  url: string,
  options: StreamOptions,
  credentials: StreamCredentials = {},
): Promise<StreamSession> {
  const session = await openSession(url, "v4.channel.k8s.io", credentials);
  try {
    const open = (streamtype: string, wanted = true) => (wanted ? session.open({ streamtype }) : undefined);
    const [error, stdin, stdout, stderr, resize] = await Promise.all([
      open("error") as Promise<SpdyStream>,
      open("stdin", options.stdin),
      open("stdout", options.stdout),
      open("stderr", options.stderr && !options.tty),
      open("resize", options.tty),
    ]);
    stdin?.resume();
    resize?.resume();
    return {
      ...(stdin && { stdin }),
      ...(stdout && { stdout }),
      ...(stderr && { stderr }),
      resize(columns, rows) {
        if (resize?.writable) resize.write(`${JSON.stringify({ Width: columns, Height: rows })}\n`);
      },
      exitCode: outcome(session, error, [stdout, stderr]),
      close: () => session.close(),
    };
  } catch (cause) {
    session.close();
    throw cause;
  }
}

function outcome(session: SpdySession, error: SpdyStream, outputs: (SpdyStream | undefined)[]): Promise<number> {
  const ended = async () => {
    const text = await readText(error);
    await Promise.all(outputs.map((stream) => stream && delivered(stream)));
    session.close();
    return exitCodeOf(text);
  };
  const code = ended();
  code.catch(() => session.close()); // also keeps a session that nobody waits for from ending the process
  return code;
}

/** The reader may give up early; that too is an end. */
const delivered = (stream: SpdyStream) => finished(stream, { writable: false }).catch(() => {});

/**
 * A byte stream to a port inside the sandbox that the URL stands for. What goes wrong inside destroys it with the
 * reason.
 */
export async function openPortForward(url: string, port: number): Promise<Duplex> {
  const session = await openSession(url, "portforward.k8s.io");
  try {
    const open = (streamtype: string) => session.open({ streamtype, port: String(port), requestID: "0" });
    const [error, data] = await Promise.all([open("error"), open("data")]);
    error.end();
    const duplex = Duplex.from({ readable: answers(data, readText(error)), writable: data });
    duplex.on("error", () => {}); // whoever uses it hears of it; unheard it must not end the process
    duplex.once("close", () => session.close());
    return duplex;
  } catch (cause) {
    session.close();
    throw cause;
  }
}

/** The end of the data may come before the reason for it; only the two together tell success from failure. */
async function* answers(data: SpdyStream, reason: Promise<string>): AsyncGenerator<Buffer> {
  reason.catch(() => {}); // awaited below, if it comes to that
  yield* data.iterator({ destroyOnReturn: false });
  const text = await reason;
  if (text) throw new Error(text);
}

function openSession(
  address: string,
  protocol: string,
  { headers, ...tls }: StreamCredentials = {},
): Promise<SpdySession> {
  const url = new URL(address);
  return new Promise((resolve, reject) => {
    const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, {
      method: "POST",
      timeout: connectTimeoutMs,
      ...tls,
      headers: { ...headers, Connection: "Upgrade", Upgrade: "SPDY/3.1", "X-Stream-Protocol-Version": protocol },
    });
    request.once("timeout", () => request.destroy(new Error(`no answer from ${url.host}`)));
    request.once("error", reject);
    request.once("response", (response) => void refusal(response).then(reject, reject));
    request.once("upgrade", (_response, socket, head) => {
      socket.setTimeout(0);
      socket.setNoDelay(true);
      if (head.length > 0) socket.unshift(head);
      resolve(new SpdySession(socket, { role: "client" }));
    });
    request.end();
  });
}

async function refusal(response: IncomingMessage): Promise<Error> {
  const text = (await readText(response)).trim();
  return new Error(text || `streaming server answered ${response.statusCode} ${response.statusMessage}`);
}

async function readText(stream: Readable): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += (chunk as Buffer).length;
    if (size <= longestMessage) parts.push(chunk as Buffer);
  }
  return Buffer.concat(parts).toString("utf8");
}
