import { createSocket, type RemoteInfo, type Socket as UdpSocket } from "node:dgram";
import { createServer, type Socket } from "node:net";
import type { Logger } from "#kit/log.ts";
import { decodeQuery, encodeRefusal, encodeReply, type Query, type Question, type Reply, rcodes } from "./wire.ts";

export interface DnsServerOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** At once for what is known here, later for what others are asked. */
  readonly resolve: (question: Question) => Reply | Promise<Reply>;
  /** Whether this client is served. */
  readonly serves?: (address: string) => boolean;
  readonly log: Logger;
}

export interface DnsServer {
  readonly port: number;
  /** What was answered may have changed. */
  forget(): void;
  close(): Promise<void>;
}

const mostKept = 20_000;
const tcpIdleMs = 10_000;
const tcpBytes = 65_535;

/** One port for UDP and TCP. Answers that need nobody else are kept encoded until `forget`. */
export async function startDnsServer(options: DnsServerOptions): Promise<DnsServer> {
  const { host, log } = options;
  const tcp = createServer((socket) => serveTcp(socket, options));
  const port = await new Promise<number>((resolve, reject) => {
    tcp.once("error", reject);
    tcp.listen({ host, port: options.port }, () => resolve((tcp.address() as { port: number }).port));
  });
  const connections = new Set<Socket>();
  tcp.on("connection", (socket) => {
    connections.add(socket);
    socket.on("close", () => connections.delete(socket));
  });
  // addresses are never names here: no look-up before each packet
  const udp = createSocket({ type: "udp4", recvBufferSize: 4 << 20, lookup: (name, _, done) => done(null, name, 4) });
  const kept = new Map<string, Kept>();
  udp.on("message", (message, from) => serveUdp(udp, message, from, options, kept));
  try {
    await new Promise<void>((resolve, reject) => {
      udp.once("error", reject);
      udp.bind(port, host, () => resolve());
    });
  } catch (error) {
    tcp.close();
    throw error;
  }
  udp.removeAllListeners("error");
  udp.on("error", (error) => log.warn({ error: String(error) }, "DNS over UDP"));
  return {
    port,
    forget: () => kept.clear(),
    async close() {
      for (const socket of connections) socket.destroy();
      await Promise.all([
        new Promise<void>((resolve) => udp.close(() => resolve())),
        new Promise<void>((resolve) => tcp.close(() => resolve())),
      ]);
    },
  };
}

/** The same answer with its records in each order, used in turn, so that clients that take the first spread out. */
interface Kept {
  readonly orders: readonly Buffer[];
  next: number;
}

function serveUdp(
  udp: UdpSocket,
  message: Buffer,
  { address, port }: RemoteInfo,
  options: DnsServerOptions,
  kept: Map<string, Kept>,
): void {
  if (options.serves && !options.serves(address)) return; // silence: nobody's amplifier
  const send = (answer: Buffer) => udp.send(answer, port, address, () => {}); // a client that is gone needs no answer
  const key = message.toString("latin1", 2); // all but the id
  const ready = kept.get(key);
  if (ready) {
    const answer = Buffer.from(ready.orders[ready.next++ % ready.orders.length] as Buffer);
    answer[0] = message[0] as number;
    answer[1] = message[1] as number;
    send(answer);
    return;
  }
  const query = decodeQuery(message);
  if (query === undefined) return;
  if (typeof query === "number") {
    send(encodeRefusal(message, query));
    return;
  }
  const reply = options.resolve(query.question);
  if (reply instanceof Promise) {
    reply.then(
      (late) => send(encodeReply(query, late, query.udpBytes)),
      (error: unknown) => failed(query, error, options.log, send),
    );
    return;
  }
  const orders = rotations(reply).map((each) => encodeReply(query, each, query.udpBytes));
  if (kept.size >= mostKept) kept.clear();
  if (reply.rcode !== rcodes.serverFailure) kept.set(key, { orders, next: 1 });
  send(orders[0] as Buffer);
}

const mostOrders = 8;

function rotations(reply: Reply): Reply[] {
  const { answers = [] } = reply;
  if (answers.length < 2 || answers.some(({ type }) => type === "CNAME")) return [reply];
  return answers
    .slice(0, mostOrders)
    .map((_, i) => ({ ...reply, answers: [...answers.slice(i), ...answers.slice(0, i)] }));
}

function failed(query: Query, error: unknown, log: Logger, send: (answer: Buffer) => void): void {
  log.warn({ error: String(error), name: query.question.name }, "a name could not be resolved");
  send(encodeReply(query, { rcode: rcodes.serverFailure }, query.udpBytes));
}

function serveTcp(socket: Socket, options: DnsServerOptions): void {
  socket.on("error", () => socket.destroy()); // the client's end is the end of it
  if (options.serves && !options.serves(socket.remoteAddress ?? "")) return void socket.destroy();
  socket.setTimeout(tcpIdleMs, () => socket.destroy());
  let got: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    got = got.length === 0 ? chunk : Buffer.concat([got, chunk]);
    while (got.length >= 2 && got.length >= 2 + got.readUInt16BE(0)) {
      const end = 2 + got.readUInt16BE(0);
      answerTcp(socket, got.subarray(2, end), options);
      got = got.subarray(end);
    }
  });
}

function answerTcp(socket: Socket, message: Buffer, { resolve, log }: DnsServerOptions): void {
  const send = (answer: Buffer) => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(answer.length);
    if (socket.writable) socket.write(Buffer.concat([length, answer]));
  };
  const query = decodeQuery(message);
  if (query === undefined) return void socket.destroy();
  if (typeof query === "number") {
    send(encodeRefusal(message, query));
    return;
  }
  Promise.resolve(resolve(query.question)).then(
    (reply) => send(encodeReply(query, reply, tcpBytes)),
    (error: unknown) => failed(query, error, log, send),
  );
}
