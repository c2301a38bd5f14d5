import type { IncomingMessage } from "node:http";
import { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { refuseUpgrade } from "./http-upgrade.ts";

export type { WebSocket };

const keepAliveMs = 30_000;
/** How long the peer has to answer our closing handshake. */
const lingerMs = 5_000;
const longestMessage = 32 * 1024 * 1024;

/**
 * Upgrades to WebSocket with the first of our subprotocols that the client offers. A client that offers none at all
 * gets none; `undefined` when it offers only others, and is refused.
 */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  protocols: readonly string[],
): Promise<{ readonly socket: WebSocket; readonly protocol: string } | undefined> {
  const offered = String(request.headers["sec-websocket-protocol"] ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);
  const protocol = protocols.find((name) => offered.includes(name)) ?? "";
  if (offered.length > 0 && !protocol) {
    refuseUpgrade(socket, 400, `unable to upgrade: none of [${offered.join(" ")}] is spoken here\n`);
    return Promise.resolve(undefined);
  }
  // Kubernetes' names are not all tokens as RFC 6455 wants them (`SPDY/3.1+…` has a slash) and the server would refuse
  // them, so it never sees them: what is chosen here is put into its answer.
  delete request.headers["sec-websocket-protocol"];
  const server = new WebSocketServer({ noServer: true, maxPayload: longestMessage });
  server.on("headers", (headers) => protocol && headers.push(`Sec-WebSocket-Protocol: ${protocol}`));
  return new Promise((resolve) => {
    // A handshake that is not right is answered by the server itself; then the socket closes.
    socket.once("close", () => resolve(undefined));
    server.handleUpgrade(request, socket, head, (accepted) => {
      keepAlive(accepted);
      resolve({ socket: accepted, protocol });
    });
  });
}

/** Finds out that the peer is gone even when nothing is read or written. */
function keepAlive(socket: WebSocket): void {
  let answered = true;
  const pings = setInterval(() => {
    // While input is paused no pong can be seen; then a failing write must do.
    if (!answered && !socket.isPaused) return socket.terminate();
    answered = false;
    socket.ping(() => {}); // a failure shows as the socket's own end
  }, keepAliveMs).unref();
  socket.on("pong", () => {
    answered = true;
  });
  socket.on("error", () => {}); // always followed by "close", which is where it is dealt with
  socket.once("close", () => clearInterval(pings));
}

/** Says goodbye after what was sent; cuts the connection when the peer does not answer. */
export function closeWebSocket(socket: WebSocket): void {
  socket.resume();
  socket.close(1000);
  const linger = setTimeout(() => socket.terminate(), lingerMs).unref();
  socket.once("close", () => clearTimeout(linger));
}

export const closedWebSocket = (socket: WebSocket): Promise<void> =>
  socket.readyState === socket.CLOSED
    ? Promise.resolve()
    : new Promise((resolve) => void socket.once("close", () => resolve()));

/** The bytes of binary messages as one stream: a connection tunnelled in a WebSocket. */
export function webSocketDuplex(socket: WebSocket): Duplex {
  const duplex = new Duplex({
    read: () => socket.resume(),
    write: (chunk: Buffer, _encoding, done) => socket.send(chunk, done),
    final(done) {
      closeWebSocket(socket);
      done();
    },
    destroy(error, done) {
      socket.terminate();
      done(error);
    },
  });
  socket.on("message", (data: Buffer) => {
    if (!duplex.readableEnded && !duplex.push(data)) socket.pause();
  });
  socket.once("close", (code) => {
    if (code === 1000 || code === 1001 || code === 1005) duplex.push(null);
    else duplex.destroy(new Error(`WebSocket was closed with code ${code}`));
  });
  return duplex;
}
