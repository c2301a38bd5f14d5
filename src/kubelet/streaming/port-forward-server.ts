import type { IncomingMessage } from "node:http";
import type { Duplex, Readable, Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { acceptSpdyUpgrade, isWebSocketUpgrade, refuseUpgrade } from "./http-upgrade.ts";
import { SpdySession } from "./spdy-session.ts";
import type { SpdyStream } from "./spdy-stream.ts";
import { acceptWebSocket, webSocketDuplex } from "./websocket.ts";
import { WebSocketChannels } from "./websocket-channels.ts";

export interface PortForward {
  /** The ports named in the request; only the WebSocket channel protocols use them. */
  readonly ports: readonly number[];
  connect(port: number): Promise<Duplex>;
  /** `pod web_default, uid 1234`: who it is about, in messages. */
  readonly target: string;
}

const spdyProtocol = "portforward.k8s.io";
const tunnelProtocol = "SPDY/3.1+portforward.k8s.io";
const channelProtocols = ["v4.channel.k8s.io", "v4.base64.channel.k8s.io", "channel.k8s.io", "base64.channel.k8s.io"];
const pairTimeoutMs = 30_000;
/** One byte numbers the channels, two to a port; 255 is taken in later protocols. */
const mostChannelPorts = 127;

/** Serves an upgrade request for port-forward until the client hangs up. */
export async function servePortForward(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  forward: PortForward,
): Promise<void> {
  socket.on("error", () => {}); // shows as the end of the streams over it
  if (!isWebSocketUpgrade(request)) {
    if (head.length > 0) socket.unshift(head);
    if (acceptSpdyUpgrade(request, socket, [spdyProtocol])) await serveSession(socket, forward);
    return;
  }
  const tunnelled = String(request.headers["sec-websocket-protocol"] ?? "").includes(tunnelProtocol);
  if (!tunnelled && (forward.ports.length === 0 || forward.ports.length > mostChannelPorts)) {
    refuseUpgrade(socket, 400, 'query parameter "port" is required\n');
    return;
  }
  const accepted = await acceptWebSocket(request, socket, head, [tunnelProtocol, ...channelProtocols]);
  if (!accepted) return;
  if (accepted.protocol === tunnelProtocol) return serveSession(webSocketDuplex(accepted.socket), forward);
  await serveChannels(new WebSocketChannels(accepted.socket, accepted.protocol), forward);
}

interface Pair {
  data?: SpdyStream;
  error?: SpdyStream;
}

/** Each forwarded connection is two streams with the same request id, the one for errors first. */
async function serveSession(transport: Duplex, forward: PortForward): Promise<void> {
  const pairs = new Map<string, Pair>();
  const expire = (id: string) => {
    const pair = pairs.get(id);
    if (!pair || !pairs.delete(id)) return;
    pair.error?.end("timed out waiting for the other stream of the pair");
    pair.data?.destroy();
  };
  const session = new SpdySession(transport, {
    role: "server",
    accept(stream) {
      const type = stream.headers.get("streamtype");
      const port = portOf(stream);
      if ((type !== "data" && type !== "error") || port === undefined) return false;
      // The first clients sent no request id, but always opened the data stream right after the error stream.
      const id = stream.headers.get("requestid") ?? String(type === "error" ? stream.id : stream.id - 2);
      const pair = pairs.get(id) ?? {};
      if (pair[type]) return false;
      pair[type] = stream;
      pairs.set(id, pair);
      if (pair.data && pair.error) {
        pairs.delete(id);
        pair.error.resume(); // the client's half of it, which is empty
        void forwardOne(port, { input: pair.data, output: pair.data, error: pair.error }, forward);
      } else {
        const timeout = setTimeout(() => expire(id), pairTimeoutMs).unref();
        stream.once("close", () => clearTimeout(timeout));
      }
      return true;
    },
  });
  await session.closed;
}

function portOf(stream: SpdyStream): number | undefined {
  const port = Number(stream.headers.get("port"));
  return Number.isInteger(port) && port > 0 && port <= 0xffff ? port : undefined;
}

/** Two channels a port; the first message on each says which port it is for. One connection each, made at once. */
async function serveChannels(channels: WebSocketChannels, forward: PortForward): Promise<void> {
  const all = forward.ports.map((port, index) => {
    const input = channels.input(2 * index);
    const output = channels.output(2 * index);
    const error = channels.output(2 * index + 1);
    const number = Buffer.alloc(2);
    number.writeUInt16LE(port);
    output.write(number);
    error.write(number);
    void channels.closed.then(() => input.destroy());
    return forwardOne(port, { input, output, error }, forward);
  });
  await Promise.all(all);
  channels.close();
}

interface Ends {
  readonly input: Readable;
  readonly output: Writable;
  readonly error: Writable;
}

/** Never rejects. Ends when the server in the pod has hung up, or when the client is gone. */
async function forwardOne(port: number, { input, output, error }: Ends, forward: PortForward): Promise<void> {
  let problem: Error | undefined;
  try {
    const target = await forward.connect(port);
    problem = await join(input, output, target);
  } catch (cause) {
    problem = cause as Error;
  }
  if (problem) error.write(`error forwarding port ${port} to ${forward.target}: ${problem.message}`);
  error.end();
  output.end();
  input.resume(); // what the client still sends goes nowhere, but must not hold up the other streams
  await Promise.all([sent(output), sent(error)]);
}

/** The client may be gone. */
const sent = (stream: Writable) => finished(stream, { readable: false }).catch(() => {});

/** Resolves with what went wrong on the pod's side. */
async function join(input: Readable, output: Writable, target: Duplex): Promise<Error | undefined> {
  let problem: Error | undefined;
  target.on("error", (cause) => {
    problem = cause;
  });
  const clientGone = () => target.destroy();
  input.once("close", () => {
    if (!input.readableEnded) clientGone();
  });
  output.once("close", clientGone);
  if (input.destroyed) clientGone();
  input.pipe(target);
  target.pipe(output);
  await finished(target, { writable: false }).catch(() => {}); // an error is kept in `problem`
  input.unpipe(target);
  target.destroy();
  return problem;
}
