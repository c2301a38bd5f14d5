import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";

/** Meant for the next hop only, RFC 9110. */
const hopByHop = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
/** Who the client is, is ours to say: what it says itself is not believed. */
const ours = new Set([
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-proto",
  "x-forwarded-scheme",
  "x-real-ip",
  "x-scheme",
]);

/** Pairs of names and values, in their order and spelling, without those for this hop. */
export function endToEnd(rawHeaders: readonly string[], keep: readonly string[] = []): [string, string][] {
  const named = new Set<string>();
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) pairs.push([rawHeaders[i] as string, rawHeaders[i + 1] as string]);
  for (const [name, value] of pairs) {
    if (name.toLowerCase() === "connection") for (const word of value.split(",")) named.add(word.trim().toLowerCase());
  }
  return pairs.filter(([name]) => {
    const lower = name.toLowerCase();
    return keep.includes(lower) || (!hopByHop.has(lower) && !named.has(lower));
  });
}

/** What the Service is told: all that the client said, and who the client is. */
export function forwardHeaders(request: IncomingMessage): Record<string, string | string[]> {
  const { socket, headers: sent } = request;
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of endToEnd(request.rawHeaders)) {
    const lower = name.toLowerCase();
    if (ours.has(lower) || lower === "expect") continue; // a client that asks to go on was told so by us
    const before = headers[lower];
    headers[lower] = before === undefined ? value : [before, value].flat();
  }
  const scheme = (socket as TLSSocket).encrypted ? "https" : "http";
  const address = (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
  const host = sent.host ?? "";
  headers["x-request-id"] ??= randomBytes(16).toString("hex");
  return Object.assign(headers, {
    host,
    "x-real-ip": address,
    "x-forwarded-for": address,
    "x-forwarded-host": host,
    "x-forwarded-port": scheme === "https" ? "443" : "80",
    "x-forwarded-proto": scheme,
    "x-forwarded-scheme": scheme,
    "x-scheme": scheme,
  });
}
