import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { type Duplex, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { TLSSocket } from "node:tls";
import type { Clock } from "#kit/clock.ts";
import type { Logger } from "#kit/log.ts";
import { clientIdentity, mayUseKubelet } from "./client-identity.ts";
import type { PodLookup } from "./pod-lookup.ts";
import { ServerError } from "./server-error.ts";
import { containerLog } from "./server-logs.ts";
import { type StreamRuntime, streamRequest } from "./server-streams.ts";
import { refuseUpgrade } from "./streaming/http-upgrade.ts";
import { servePortForward } from "./streaming/port-forward-server.ts";
import { serveRemoteCommand } from "./streaming/remote-command-server.ts";

export interface KubeletServerOptions {
  /** 0 takes a free port. */
  readonly port: number;
  readonly host?: string;
  /** PEM. */
  readonly key: string;
  readonly cert: string;
  /** Who it has signed may come in, if he is one of the few that may use kubelets. PEM. */
  readonly clientCa: string;
  readonly pods: PodLookup;
  readonly runtime: StreamRuntime;
  readonly clock: Clock;
  readonly log: Logger;
  /** Texts in Prometheus' format by path: `/metrics`, `/metrics/resource`, … */
  readonly metrics?: Readonly<Record<string, () => Promise<string>>>;
  /** The body of `/stats/summary`. */
  readonly summary?: () => Promise<object>;
}

export interface KubeletServer extends AsyncDisposable {
  readonly port: number;
  /** Also cuts the connections that are open. */
  close(): Promise<void>;
}

/** The kubelet's HTTPS server; resolves when it listens. Throws what listening does: EADDRINUSE, EACCES. */
export async function startKubeletServer(options: KubeletServerOptions): Promise<KubeletServer> {
  const { key, cert, clientCa, log } = options;
  // Whether a certificate is good enough is told by a status code, not by a broken handshake.
  const server = createServer({ key, cert, ca: clientCa, requestCert: true, rejectUnauthorized: false });
  const upgraded = new Set<Duplex>();
  server.on("request", (request, response) => void answer(request, response, options));
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    upgraded.add(socket);
    socket.once("close", () => upgraded.delete(socket));
    void upgrade(request, socket, head, options);
  });
  server.on("tlsClientError", (error) => log.debug({ err: error }, "TLS handshake failed"));
  server.on("clientError", (_error, socket) => socket.destroy());
  await listen(server, options);
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
      for (const socket of upgraded) socket.destroy();
    });
  return { port: (server.address() as AddressInfo).port, close, [Symbol.asyncDispose]: close };
}

function listen(server: Server, { port, host }: KubeletServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

const urlOf = (request: IncomingMessage) => new URL(request.url ?? "/", "https://kubelet");

/** Throws ServerError when the client may not come in. */
function admit(request: IncomingMessage): void {
  const identity = clientIdentity(request.socket as TLSSocket);
  if (!identity) throw new ServerError(401, "Unauthorized");
  if (mayUseKubelet(identity)) return;
  const subresource = /^\/(metrics|stats|logs)\b/.exec(request.url ?? "")?.[1] ?? "proxy";
  const verb = request.method === "POST" ? "create" : "get";
  const who = `user=${identity.name}, verb=${verb}, resource=nodes, subresource=${subresource}`;
  throw new ServerError(403, `Forbidden (${who})`);
}

function asServerError(error: unknown): ServerError {
  if (error instanceof ServerError) return error;
  if (error instanceof URIError) return new ServerError(400, "invalid URL escape");
  return new ServerError(500, error instanceof Error ? error.message : String(error));
}

async function answer(request: IncomingMessage, response: ServerResponse, options: KubeletServerOptions) {
  try {
    admit(request);
    if (request.method !== "GET" && request.method !== "HEAD" && request.method !== "POST")
      throw new ServerError(405, "Method Not Allowed");
    await route(urlOf(request), response, options);
  } catch (error) {
    const { code, message } = asServerError(error);
    if (response.headersSent) response.destroy();
    else send(response, code, "text/plain; charset=utf-8", message);
  }
}

async function route(url: URL, response: ServerResponse, options: KubeletServerOptions): Promise<void> {
  const { pathname } = url;
  const metrics = options.metrics?.[pathname];
  if (pathname === "/healthz") send(response, 200, "text/plain; charset=utf-8", "ok");
  else if (pathname === "/pods") sendJson(response, podList(options.pods));
  else if (pathname === "/stats/summary" && options.summary) sendJson(response, await options.summary());
  else if (metrics) send(response, 200, "text/plain; version=0.0.4; charset=utf-8", await metrics());
  else if (/^\/containerLogs\/[^/]+\/[^/]+\/[^/]+$/.test(pathname)) await sendLog(url, response, options);
  else if (streamRequest(url, options.pods, options.runtime)) throw new ServerError(400, "Upgrade request required");
  else throw new ServerError(404, "404 page not found\n");
}

const podList = (pods: PodLookup) => ({ kind: "PodList", apiVersion: "v1", metadata: {}, items: pods.all() });

async function sendLog(url: URL, response: ServerResponse, { pods, clock }: KubeletServerOptions): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const log = await containerLog(url, pods, clock, gone.signal);
  response.writeHead(200, { "Content-Type": "text/plain" });
  response.flushHeaders(); // a client that follows must see that it does, even when nothing is written for long
  await pipeline(Readable.from(log, { objectMode: false }), response).catch((error: unknown) => {
    if (!gone.signal.aborted) throw error;
  });
}

async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, options: KubeletServerOptions) {
  try {
    admit(request);
    const asked = streamRequest(urlOf(request), options.pods, options.runtime);
    if (!asked) throw new ServerError(404, "404 page not found\n");
    if (asked.kind === "command") await serveRemoteCommand(request, socket, head, asked.command);
    else await servePortForward(request, socket, head, asked.forward);
  } catch (error) {
    const { code, message } = asServerError(error);
    if (!(error instanceof ServerError)) options.log.error({ err: error, url: request.url }, "stream request failed");
    refuseUpgrade(socket, code, message);
  }
}

const sendJson = (response: ServerResponse, body: object) =>
  send(response, 200, "application/json", JSON.stringify(body));

function send(response: ServerResponse, code: number, type: string, body: string): void {
  response.writeHead(code, { "Content-Type": type, "Content-Length": Buffer.byteLength(body) });
  response.end(body);
}
