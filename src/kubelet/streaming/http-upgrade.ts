import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";

/** A plain HTTP answer on the socket of an upgrade that will not happen. */
export function refuseUpgrade(
  socket: Duplex,
  code: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const all = {
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": String(Buffer.byteLength(body)),
    Connection: "close",
    ...headers,
  };
  socket.on("error", () => {}); // nobody is left to be told
  socket.end(`${head(`${code} ${STATUS_CODES[code]}`, all)}${body}`);
}

/**
 * Answers a SPDY upgrade with the first protocol of ours that the client speaks too, and returns it; `undefined` when
 * the upgrade was refused.
 */
export function acceptSpdyUpgrade(
  request: IncomingMessage,
  socket: Duplex,
  protocols: readonly [string, ...string[]],
): string | undefined {
  const asked = String(request.headers["x-stream-protocol-version"] ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);
  // Who names no protocol speaks the oldest one.
  const chosen = asked.length === 0 ? protocols.at(-1) : protocols.find((name) => asked.includes(name));
  if (!chosen) {
    const text = `unable to upgrade: unable to negotiate protocol: client supports [${asked.join(" ")}], server accepts [${protocols.join(" ")}]\n`;
    refuseUpgrade(socket, 403, text, { "X-Accepted-Stream-Protocol-Versions": protocols.join(", ") });
    return undefined;
  }
  socket.write(
    head("101 Switching Protocols", {
      Connection: "Upgrade",
      Upgrade: "SPDY/3.1",
      ...(asked.length > 0 && { "X-Stream-Protocol-Version": chosen }),
    }),
  );
  return chosen;
}

export const isWebSocketUpgrade = (request: IncomingMessage) => request.headers.upgrade?.toLowerCase() === "websocket";

function head(status: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status}\r\n${lines.join("")}\r\n`;
}
