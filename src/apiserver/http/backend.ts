import { type IncomingMessage, type Agent as PlainAgent, request as plainRequest } from "node:http";
import { request as secureRequest, type Agent as TlsAgent } from "node:https";
import { isIPv6 } from "node:net";
import type { Duplex } from "node:stream";
import { ApiError } from "#api/meta/api-error.ts";
import { joinSockets, writeReply, writeUpgraded } from "./raw-socket.ts";

/** An HTTP server behind ours, and what to ask it. */
export interface Backend {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  /** With the query. */
  readonly path: string;
}

export type Agents = { readonly secure: TlsAgent; readonly plain: PlainAgent };

export interface BackendCall {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body?: Buffer;
  readonly signal: AbortSignal;
}

const answerTimeoutMs = 30_000;
const largestRefusal = 256 * 1024;

/** Headers about one connection, or about who we know the caller to be: neither is the backend's business. */
const ownHeaders =
  /^(authorization|host|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|impersonate-.*)$/i;

/** Headers as they go on, or come back. */
export function passedHeaders(rawHeaders: readonly string[]): Record<string, string | string[]> {
  const out: Record<string, string | string[]> = {};
  for (let n = 0; n + 1 < rawHeaders.length; n += 2) {
    const name = rawHeaders[n]!.toLowerCase();
    const value = rawHeaders[n + 1]!;
    if (ownHeaders.test(name)) continue;
    const before = out[name];
    out[name] = before === undefined ? value : [before, value].flat();
  }
  return out;
}

function send(backend: Backend, call: BackendCall, agents: Agents) {
  const { host, port, path, secure } = backend;
  const { method, headers, body, signal } = call;
  const options = { host, port, path, method, headers, signal };
  const request = secure
    ? secureRequest({ ...options, agent: agents.secure })
    : plainRequest({ ...options, agent: agents.plain });
  request.setTimeout(answerTimeoutMs, () =>
    request.destroy(Object.assign(new Error("timeout"), { code: "ETIMEDOUT" })),
  );
  request.end(body);
  return request;
}

/** The head of the answer; its body is still to be read. Throws ApiError when there is none. */
export function callBackend(backend: Backend, call: BackendCall, agents: Agents): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = send(backend, call, agents);
    request.once("error", (error) => {
      const verb = `${call.method[0]}${call.method.slice(1).toLowerCase()}`;
      reject(unknownError(`${verb} "${urlOf(backend)}": ${dialError(backend, error)}`));
    });
    request.once("response", (response) => {
      response.setTimeout(0); // what follows may be slow: a log that is followed
      resolve(response);
    });
  });
}

/**
 * Passes an upgrade request on and joins the two connections, byte for byte; resolves when they are closed. What is
 * not an upgrade is passed back as it is. Throws ApiError while nothing has been answered.
 */
export function upgradeToBackend(
  backend: Backend,
  incoming: IncomingMessage,
  client: { readonly socket: Duplex; readonly head: Buffer },
  signal: AbortSignal,
  agents: Agents,
): Promise<void> {
  const { upgrade = "" } = incoming.headers;
  const headers = { ...passedHeaders(incoming.rawHeaders), connection: "Upgrade", upgrade };
  return new Promise((resolve, reject) => {
    const request = send(backend, { method: incoming.method ?? "GET", headers, signal }, agents);
    request.once("error", (error) => reject(unknownError(`error dialing backend: ${dialError(backend, error)}`)));
    request.once("upgrade", (response, socket: Duplex, head: Buffer) => {
      request.setTimeout(0);
      writeUpgraded(client.socket, response.rawHeaders);
      if (head.length > 0) socket.unshift(head);
      if (client.head.length > 0) client.socket.unshift(client.head);
      resolve(joinSockets(client.socket, socket));
    });
    request.once("response", (response) => {
      readAll(response).then((body) => {
        const status = response.statusCode ?? 500;
        writeReply(client.socket, { status, headers: passedHeaders(response.rawHeaders), body });
        resolve();
      }, reject);
    });
  });
}

/** The beginning of a body that is an error's text. */
export async function readAll(response: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    parts.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > largestRefusal) break;
  }
  return Buffer.concat(parts);
}

const hostPort = ({ host, port }: Backend) => `${isIPv6(host) ? `[${host}]` : host}:${port}`;

export const urlOf = (backend: Backend) => `${backend.secure ? "https" : "http"}://${hostPort(backend)}${backend.path}`;

const dialErrors: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connect: connection refused",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
  ETIMEDOUT: "i/o timeout",
};

/** In the words of Go's dialer, which is what people search for. */
function dialError(backend: Backend, error: NodeJS.ErrnoException): string {
  const { code = "", message } = error;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `dial tcp: lookup ${backend.host}: no such host`;
  const known = dialErrors[code];
  if (known) return `dial tcp ${hostPort(backend)}: ${known}`;
  if (/CERT|TLS|SSL/.test(code)) return `tls: failed to verify certificate: ${message}`;
  if (code === "ECONNRESET") return "EOF";
  return message;
}

/** A failure without a reason of its own, as the API server reports those of its proxies. */
export const unknownError = (message: string) => Object.assign(new ApiError("InternalError", message), { reason: "" });
