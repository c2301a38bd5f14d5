import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { finished } from "node:stream/promises";
import type { Status } from "#api/meta/api-error.ts";
import type { StreamOptions } from "../runtime/runtime.ts";
import { type ClientStreams, statusText } from "./client-streams.ts";
import { acceptSpdyUpgrade } from "./http-upgrade.ts";
import { SpdySession } from "./spdy-session.ts";
import type { SpdyStream } from "./spdy-stream.ts";

const protocols = ["v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"] as const;
const creationTimeoutMs = 30_000;

/** Upgrades to SPDY and waits until the client has opened its streams; `undefined` when it is refused or does not. */
export async function acceptSpdyClient(
  request: IncomingMessage,
  socket: Duplex,
  options: StreamOptions,
): Promise<ClientStreams | undefined> {
  const protocol = acceptSpdyUpgrade(request, socket, protocols);
  if (!protocol) return undefined;
  const wanted = new Set(["error"]);
  if (options.stdin) wanted.add("stdin");
  if (options.stdout) wanted.add("stdout");
  if (options.stderr) wanted.add("stderr");
  if (options.tty && /^v[34]\./.test(protocol)) wanted.add("resize");

  const streams = new Map<string, SpdyStream>();
  const { promise: complete, resolve } = Promise.withResolvers<boolean>();
  const session = new SpdySession(socket, {
    role: "server",
    accept(stream) {
      const type = stream.headers.get("streamtype") ?? "";
      if (!wanted.has(type) || streams.has(type)) return false;
      streams.set(type, stream);
      if (streams.size === wanted.size) resolve(true);
      return true;
    },
  });
  const timeout = setTimeout(() => resolve(false), creationTimeoutMs);
  void session.closed.then(() => resolve(false));
  const ready = await complete;
  clearTimeout(timeout);
  if (!ready) {
    session.close();
    return undefined;
  }
  return clientStreams(session, streams, protocol);
}

function clientStreams(session: SpdySession, streams: Map<string, SpdyStream>, protocol: string): ClientStreams {
  const stdin = streams.get("stdin");
  const stdout = streams.get("stdout");
  const stderr = streams.get("stderr");
  const resizes = streams.get("resize");
  const error = streams.get("error")!;
  for (const output of [stdout, stderr, error]) output?.resume(); // the client's half of it, which is empty
  return {
    ...(stdin && { stdin }),
    ...(stdout && { stdout }),
    ...(stderr && { stderr }),
    ...(resizes && { resizes }),
    closed: session.closed,
    async finish(status: Status) {
      error.end(statusText(status, protocol));
      await finished(error, { readable: false }).catch(() => {}); // the client may be gone
      session.close();
    },
  };
}
