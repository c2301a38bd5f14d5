import {
  Agent,
  type ClientRequest,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
  STATUS_CODES,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Server, Socket } from "node:net";
import { type Duplex, pipeline } from "node:stream";
import type { SecureContext } from "node:tls";
import type { Logger } from "#kit/log.ts";
import type { Target } from "./endpoints.plan.ts";
import { endToEnd, forwardHeaders } from "./forward-headers.ts";

export interface Destination {
  /** Tried in this order until one takes the connection. */
  readonly targets: readonly Target[];
  readonly path: string;
}

export interface ProxyOptions {
  /** `undefined` when no rule is for the request; without targets nobody is ready for it. */
  readonly route: (host: string, url: string) => Destination | undefined;
  readonly log: Logger;
  readonly connectTimeoutMs?: number;
  /** How long a Service may take until its answer begins. */
  readonly answerTimeoutMs?: number;
}

export interface HttpProxy {
  listenHttp(host: string, port: number): Promise<number>;
  /** `context` gives the certificate for a host; `fallback` is for clients that name none or an unknown one. */
  listenHttps(host: string, port: number, certificates: Certificates): Promise<number>;
  close(): Promise<void>;
}

export interface Certificates {
  readonly context: (host: string) => SecureContext | undefined;
  readonly fallback: { readonly cert: string; readonly key: string };
}

const connectMs = 5_000;
const answerMs = 60_000;
const mostTargets = 3;

/** Leads HTTP requests and WebSockets on. Nothing is kept back: what comes is sent on as it comes, at the receiver's pace. */
export function createProxy(options: ProxyOptions): HttpProxy {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 64 });
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  const onRequest: RequestListener = (request, response) => forward({ ...options, agent }, request, response);
  const open = async (server: Server, host: string, port: number) => {
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    });
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      upgrade(options, request, { socket, head }),
    );
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host, port }, () => resolve());
    });
    servers.push(server);
    return (server.address() as { port: number }).port;
  };
  const serverOptions = { requestTimeout: 0, keepAliveTimeout: 75_000 }; // uploads may take as long as they like
  return {
    listenHttp: (host, port) => open(createServer(serverOptions, onRequest), host, port),
    listenHttps(host, port, { context, fallback }) {
      const server = createTlsServer(
        {
          ...serverOptions,
          ...fallback,
          SNICallback: (name, done) => done(null, context(name)),
        },
        onRequest,
      );
      server.on("tlsClientError", () => {}); // port scans and plain HTTP: the client was told
      return open(server, host, port);
    },
    async close() {
      agent.destroy();
      const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
      for (const socket of sockets) socket.destroy();
      await Promise.all(closed);
    },
  };
}

const hostOf = ({ headers }: IncomingMessage) => (headers.host ?? "").replace(/:\d+$/, "");

function forward(options: ProxyOptions & { agent: Agent }, request: IncomingMessage, response: ServerResponse): void {
  const destination = options.route(hostOf(request), request.url ?? "/");
  if (!destination) refuse(response, 404);
  else if (destination.targets.length === 0) refuse(response, 503);
  else attempt(options, { request, response, destination, tried: 0 });
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly destination: Destination;
  readonly tried: number;
}

const repeatable = new Set(["GET", "HEAD", "OPTIONS"]);

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
}

/** Sends the request to the next target. Only what was surely not acted upon is sent to another one. */
function attempt(options: ProxyOptions & { agent: Agent }, exchange: Exchange): void {
  const { request, response, destination, tried } = exchange;
  const { connectTimeoutMs = connectMs, answerTimeoutMs = answerMs, log } = options;
  const target = destination.targets[tried % destination.targets.length] as Target;
  const body = hasBody(request);
  // A connection that was kept may be closed by the other end at this very moment: only what may be repeated goes there.
  const kept = !body && repeatable.has(request.method ?? "");
  const upstream = httpRequest({
    host: target.host,
    port: target.port,
    method: request.method ?? "GET",
    path: destination.path,
    headers: {
      ...forwardHeaders(request),
      ...(body && transferOf(request)),
      connection: kept ? "keep-alive" : "close",
    },
    agent: kept ? options.agent : false,
    setDefaultHeaders: false,
  });
  let connected = false;
  let timedOut = false;
  let timer = setTimeout(() => upstream.destroy(new Error("no connection")), connectTimeoutMs);
  const begin = () => {
    connected = true;
    clearTimeout(timer);
    timer = setTimeout(() => {
      timedOut = true;
      upstream.destroy(new Error("no answer"));
    }, answerTimeoutMs);
    if (!body) return;
    request.on("data", () => timer.refresh()); // an upload that goes on is no silence
    request.pipe(upstream);
  };
  if (!body) upstream.end();
  else upstream.flushHeaders();
  upstream.on("socket", (socket) => (socket.connecting ? socket.once("connect", begin) : begin()));
  const left = () => void upstream.destroy();
  response.once("close", left);
  upstream.on("response", (answer) => {
    clearTimeout(timer);
    response.off("close", left);
    relay(answer, response);
  });
  upstream.on("error", (error) => {
    clearTimeout(timer);
    response.off("close", left);
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    const unsent = !connected || (upstream.reusedSocket && !timedOut);
    const attempts = Math.min(mostTargets, destination.targets.length + (upstream.reusedSocket ? 1 : 0));
    if (unsent && tried + 1 < attempts) {
      attempt(options, { ...exchange, tried: tried + 1 });
      return;
    }
    log.debug({ error: String(error), target: `${target.host}:${target.port}` }, "a request failed");
    refuse(response, timedOut || error.message === "no connection" ? 504 : 502);
  });
}

/** A length that is known is kept; without one the body is sent in chunks. */
function transferOf({ headers }: IncomingMessage): Record<string, string> {
  const length = headers["content-length"];
  return length === undefined ? { "transfer-encoding": "chunked" } : { "content-length": length };
}

function relay(answer: IncomingMessage, response: ServerResponse): void {
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEnd(answer.rawHeaders).flat());
  response.flushHeaders(); // a stream may begin long before its first byte
  answer.on("end", () => {
    const trailers = Object.entries(answer.trailers).filter((pair): pair is [string, string] => pair[1] !== undefined);
    if (trailers.length > 0) response.addTrailers(trailers);
  });
  // An answer that breaks off must not look complete: destroying the connection tells the client.
  pipeline(answer, response, (error) => error && response.destroy());
}

function page(status: number): string {
  const title = `${status} ${STATUS_CODES[status]}`;
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>minik8s</center>\r\n</body>\r\n</html>\r\n`;
}

function refuse(response: ServerResponse, status: number): void {
  const text = page(status);
  response.writeHead(status, { "content-type": "text/html", "content-length": Buffer.byteLength(text) });
  response.end(text);
}

/** A WebSocket, or whatever else both ends agree to speak: from then on bytes go both ways. */
function upgrade(
  { route, connectTimeoutMs = connectMs, answerTimeoutMs = answerMs }: ProxyOptions,
  request: IncomingMessage,
  client: { readonly socket: Duplex; readonly head: Buffer },
): void {
  const { socket, head } = client;
  socket.on("error", () => socket.destroy());
  const destination = route(hostOf(request), request.url ?? "/");
  if (!destination || destination.targets.length === 0) {
    refuseRaw(socket, destination ? 503 : 404);
    return;
  }
  const headers = {
    ...forwardHeaders(request),
    connection: "Upgrade",
    upgrade: request.headers.upgrade ?? "",
  };
  const dial = (tried: number): void => {
    const { host, port } = destination.targets[tried] as Target;
    const upstream: ClientRequest = httpRequest({
      host,
      port,
      path: destination.path,
      method: request.method ?? "GET",
      headers,
      agent: false,
    });
    let connected = false;
    let timer = setTimeout(() => upstream.destroy(new Error("no connection")), connectTimeoutMs);
    upstream.on("socket", (raw) =>
      raw.once("connect", () => {
        connected = true;
        clearTimeout(timer);
        timer = setTimeout(() => upstream.destroy(new Error("no answer")), answerTimeoutMs);
      }),
    );
    const gone = () => void upstream.destroy();
    socket.once("close", gone);
    upstream.on("error", () => {
      clearTimeout(timer);
      socket.off("close", gone);
      if (socket.destroyed) return;
      if (!connected && tried + 1 < Math.min(mostTargets, destination.targets.length)) dial(tried + 1);
      else refuseRaw(socket, connected ? 504 : 502);
    });
    upstream.on("upgrade", (answer, other, rest) => {
      clearTimeout(timer);
      socket.write(headOf(answer, ["connection", "upgrade"]));
      if (rest.length > 0) socket.write(rest);
      if (head.length > 0) other.write(head);
      pipeline(other, socket, () => socket.destroy());
      pipeline(socket, other, () => other.destroy());
    });
    upstream.on("response", (answer) => {
      clearTimeout(timer); // it would rather not: its answer is the client's
      socket.write(headOf(answer, []).replace(/\r\n\r\n$/, "\r\nConnection: close\r\n\r\n"));
      pipeline(answer, socket, () => socket.destroy());
    });
    upstream.end();
  };
  dial(0);
}

function headOf(answer: IncomingMessage, keep: readonly string[]): string {
  const lines = endToEnd(answer.rawHeaders, keep).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`, ...lines, "", ""].join("\r\n");
}

function refuseRaw(socket: Duplex, status: number): void {
  const text = page(status);
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "Content-Type: text/html",
    `Content-Length: ${text.length}`,
  ];
  socket.end([...lines, "Connection: close", "", text].join("\r\n"));
}
