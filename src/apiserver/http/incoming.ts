import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import type { TLSSocket } from "node:tls";
import { ApiError, badRequest } from "#api/meta/api-error.ts";
import type { ClientCertificate } from "../authn/authenticator.ts";
import type { RawRequest } from "./handler.ts";

export type Incoming = IncomingMessage | Http2ServerRequest;

/** The largest body that is read, in bytes. */
export const bodyLimit = 3 * 1024 * 1024;

/** What Node received, as a request for the handlers. */
export function rawRequest(incoming: Incoming, signal: AbortSignal): RawRequest {
  const url = incoming.url ?? "/";
  const mark = url.indexOf("?");
  const { headers } = incoming;
  return {
    method: incoming.method ?? "GET",
    path: mark < 0 ? url : url.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? "" : url.slice(mark + 1)),
    headers,
    body: () => readBody(incoming),
    signal,
    credentials: {
      certificate: certificateOf(socketOf(incoming)),
      authorization: headers.authorization ?? webSocketToken(headers["sec-websocket-protocol"]),
    },
  };
}

const tokenProtocol = "base64url.bearer.authorization.k8s.io.";

/** Browsers cannot set headers of a WebSocket, so a token may stand among the protocols they offer. */
function webSocketToken(protocols: string | string[] | undefined): string | undefined {
  const offered = [protocols ?? []].flat().flatMap((list) => list.split(",").map((name) => name.trim()));
  const found = offered.find((name) => name.startsWith(tokenProtocol));
  return found && `Bearer ${Buffer.from(found.slice(tokenProtocol.length), "base64url")}`;
}

export function socketOf(incoming: Incoming): TLSSocket | undefined {
  if ("stream" in incoming) return incoming.stream.session?.socket as TLSSocket | undefined;
  return incoming.socket as TLSSocket;
}

/** Reading a certificate is slow and it does not change while the connection lasts. */
const certificates = new WeakMap<object, ClientCertificate | "none">();

function certificateOf(socket: TLSSocket | undefined): ClientCertificate | undefined {
  if (!socket) return undefined;
  let known = certificates.get(socket);
  if (!known) {
    known = readCertificate(socket) ?? "none";
    certificates.set(socket, known);
  }
  return known === "none" ? undefined : known;
}

function readCertificate(socket: TLSSocket): ClientCertificate | undefined {
  const { subject } = socket.getPeerCertificate();
  if (!subject) return undefined;
  const { CN, O } = subject as { CN?: string | string[]; O?: string | string[] };
  return {
    verified: socket.authorized,
    commonName: [CN ?? ""].flat()[0] ?? "",
    organizations: [O ?? []].flat(),
  };
}

const tooLarge = () => new ApiError("RequestEntityTooLarge", `Request entity too large: limit is ${bodyLimit}`);

function readBody(incoming: Incoming): Promise<Buffer> {
  if (Number(incoming.headers["content-length"] ?? 0) > bodyLimit) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    incoming.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= bodyLimit) chunks.push(chunk);
      else {
        chunks.length = 0; // what still comes is read and dropped, so that the answer gets through
        reject(tooLarge());
      }
    });
    incoming.on("end", () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    incoming.on("error", (error) => reject(badRequest(`the body could not be read: ${error.message}`)));
    incoming.on("close", () => reject(badRequest("unexpected EOF")));
  });
}
