import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { createSecureServer, type Http2SecureServer } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Logger } from "#kit/log.ts";
import type { Component } from "#kit/scope.ts";
import type { Handler, RawRequest } from "./handler.ts";
import { type Incoming, rawRequest } from "./incoming.ts";
import { type Outgoing, send } from "./outgoing.ts";

export interface ListenerOptions {
  readonly host?: string;
  /** 0 takes a free one; see `address`. */
  readonly port: number;
  /** Of the server, PEM. */
  readonly cert: string;
  readonly key: string;
  /** Authorities whose client certificates are believed, PEM. */
  readonly clientCa: string;
  readonly handler: Handler;
  readonly log: Logger;
}

export interface Listener extends Component {
  /** Where it listens, once started. */
  readonly address: { readonly host: string; readonly port: number };
}

/** Requests under way when the server stops get this long. */
const lastRequestsMs = 3000;

/** One port for HTTP/1.1 and HTTP/2, both with TLS; which of them, the client says in its hello (ALPN). */
export function createListener(options: ListenerOptions): Listener {
  let bound: AddressInfo | undefined;
  return {
    name: "https",
    get address() {
      if (!bound) throw new Error("the listener has not started");
      return { host: bound.address, port: bound.port };
    },
    async start(scope) {
      const stopping = new AbortController();
      const server = secureServer(options);
      const sockets = openSockets(server);
      const serving = new Set<Promise<void>>();
      const track = (served: Promise<void>) => {
        serving.add(served);
        void served.finally(() => serving.delete(served));
      };
      server.on("request", (incoming, outgoing) => track(serve(incoming, outgoing, options, stopping.signal)));
      onUpgrade(server, options, stopping.signal, track);
      bound = await listen(server, options);
      scope.defer(async () => {
        server.close();
        stopping.abort(); // watches end, and with them their connections become idle
        await Promise.race([
          Promise.all(serving),
          new Promise((resolve) => setTimeout(resolve, lastRequestsMs).unref()),
        ]);
        for (const socket of sockets) socket.destroy();
      });
    },
  };
}

function secureServer({ cert, key, clientCa, log }: ListenerOptions): Http2SecureServer {
  const server = createSecureServer({
    allowHTTP1: true,
    cert,
    key,
    ca: clientCa,
    requestCert: true,
    rejectUnauthorized: false, // who sends none may have a token; who sends a wrong one is told so with a Status
    minVersion: "TLSv1.2",
    handshakeTimeout: 10_000,
    settings: { maxConcurrentStreams: 1000, initialWindowSize: 1024 * 1024 },
    // a client that makes nothing but broken streams is cut off
    maxSessionInvalidFrames: 100,
  });
  // clients keep connections for minutes; to close earlier means to race with their next request
  Object.assign(server, { keepAliveTimeout: 150_000, headersTimeout: 20_000, requestTimeout: 120_000 });
  server.setTimeout(0);
  server.on("tlsClientError", (error) => log.debug({ err: error }, "TLS handshake failed"));
  server.on("sessionError", (error) => log.debug({ err: error }, "HTTP/2 session failed"));
  server.on("clientError", (error: Error, socket: Duplex) => {
    log.debug({ err: error }, "not HTTP");
    if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    else socket.destroy();
  });
  return server;
}

function openSockets(server: Http2SecureServer): Set<Socket> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {}); // a connection that breaks concerns its requests, which hear of it themselves
  });
  return sockets;
}

function listen(server: Http2SecureServer, { host, port }: ListenerOptions): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, ...(host && { host }), backlog: 1024 }, () => {
      server.off("error", reject);
      resolve(server.address() as AddressInfo);
    });
  });
}

async function serve(
  incoming: Incoming,
  outgoing: Outgoing,
  { handler, log }: ListenerOptions,
  stopping: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  const stop = () => gone.abort();
  outgoing.on("close", stop);
  outgoing.on("error", stop);
  stopping.addEventListener("abort", stop, { once: true });
  try {
    const request = rawRequest(incoming, gone.signal);
    const reply = await handler.handle(request);
    await send(outgoing, reply, {
      headers: commonHeaders(request),
      method: request.method,
      acceptEncoding: incoming.headers["accept-encoding"] as string | undefined,
    });
  } catch (error) {
    log.error({ err: error, url: incoming.url }, "answer could not be sent");
    outgoing.destroy();
  } finally {
    stopping.removeEventListener("abort", stop);
  }
}

/** One priority level for all: the headers are there because clients take them as a sign that the server paces them. */
const commonHeaders = ({ headers }: RawRequest) => ({
  "audit-id": auditId(headers["audit-id"]),
  "x-kubernetes-pf-flowschema-uid": "00000000-0000-4000-8000-000000000001",
  "x-kubernetes-pf-prioritylevel-uid": "00000000-0000-4000-8000-000000000002",
});

const auditId = (given: string | string[] | undefined) =>
  typeof given === "string" && /^[\x20-\x7e]{1,64}$/.test(given) ? given : randomUUID();

function onUpgrade(
  server: Http2SecureServer,
  { handler, log }: ListenerOptions,
  stopping: AbortSignal,
  track: (served: Promise<void>) => void,
): void {
  server.on("upgrade", (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => {}); // whoever took over sees the close
    const gone = new AbortController();
    socket.on("close", () => gone.abort());
    const stop = () => socket.destroy();
    stopping.addEventListener("abort", stop, { once: true });
    const client = { socket, head };
    track(
      handler
        .upgrade(rawRequest(incoming, gone.signal), incoming, client)
        .catch((error: unknown) => {
          log.error({ err: error, url: incoming.url }, "upgrade failed");
          socket.destroy();
        })
        .finally(() => stopping.removeEventListener("abort", stop)),
    );
  });
}
