import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect, isIPv6 } from "node:net";
import type { Clock } from "#kit/clock.ts";
import { UpstreamCache } from "./upstream-cache.ts";
import { decodeReply, encodeQuestion, type Question, type Reply, rcodes } from "./wire.ts";

export interface UpstreamOptions {
  /** Asked in this order, read anew for each question that is not in the cache: `address` or `address:port`. */
  readonly servers: () => readonly string[];
  readonly clock: Clock;
  /** How long one server has for its answer. */
  readonly timeoutMs?: number;
}

const rounds = 2;
/** More questions than that under way are refused, so that a loop between servers ends. */
const mostUnderWay = 1000;

/** Asks the servers outside; the same question is asked once, however many wait for it. */
export class Upstream {
  readonly #options: UpstreamOptions;
  readonly #cache: UpstreamCache;
  readonly #underWay = new Map<string, Promise<Reply>>();

  constructor(options: UpstreamOptions) {
    this.#options = options;
    this.#cache = new UpstreamCache(options.clock);
  }

  /** Never rejects: what cannot be found out is a server failure. */
  async resolve(question: Question): Promise<Reply> {
    const key = `${question.type} ${question.name.toLowerCase()}`;
    const known = this.#cache.get(key);
    if (known) return known;
    const running = this.#underWay.get(key);
    if (running) return running;
    if (this.#underWay.size >= mostUnderWay) return { rcode: rcodes.serverFailure };
    const asking = this.#ask(question).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, asking);
    const reply = await asking;
    this.#cache.put(key, reply);
    return reply;
  }

  async #ask(question: Question): Promise<Reply> {
    const { servers, timeoutMs = 2000 } = this.#options;
    const all = servers();
    let last: Reply = { rcode: rcodes.serverFailure };
    for (let round = 0; round < rounds; round++) {
      for (const server of all) {
        const reply = await askServer(server, question, timeoutMs).catch(() => undefined); // the next one is asked
        if (reply && reply.rcode !== rcodes.serverFailure && reply.rcode !== rcodes.refused) return reply;
        if (reply) last = reply;
      }
    }
    return last;
  }
}

async function askServer(server: string, question: Question, timeoutMs: number): Promise<Reply> {
  const { host, port } = parseServer(server);
  const id = randomInt(65_536);
  const query = encodeQuestion(id, question, { edns: true });
  const reply = await overUdp(host, port, query, timeoutMs, (message) => decodeReply(message, id, question));
  if (reply.rcode === rcodes.formatError) {
    const plain = encodeQuestion(id, question, { edns: false }); // a server from before EDNS0
    return overUdp(host, port, plain, timeoutMs, (message) => decodeReply(message, id, question));
  }
  if (!reply.truncated) return reply;
  return decodeReply(await overTcp(host, port, query, timeoutMs), id, question);
}

function parseServer(server: string): { host: string; port: number } {
  const split = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(server);
  return split ? { host: split[1] ?? (split[2] as string), port: Number(split[3]) } : { host: server, port: 53 };
}

/** A socket for each question: the kernel's random port is part of what a forger would have to guess. */
function overUdp<T>(host: string, port: number, query: Buffer, timeoutMs: number, read: (m: Buffer) => T): Promise<T> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
    const timer = setTimeout(() => end(() => reject(new Error(`${host} does not answer`))), timeoutMs);
    const end = (settle: () => void) => {
      clearTimeout(timer);
      socket.removeAllListeners().on("error", () => {}); // what comes after the end changes nothing
      socket.close();
      settle();
    };
    socket.on("error", (error) => end(() => reject(error)));
    socket.on("message", (message) => {
      let reply: T;
      try {
        reply = read(message);
      } catch {
        return; // not the answer: it may still come
      }
      end(() => resolve(reply));
    });
    socket.connect(port, host, () => socket.send(query));
  });
}

function overTcp(host: string, port: number, query: Buffer, timeoutMs: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    let got = Buffer.alloc(0);
    const timer = setTimeout(() => socket.destroy(new Error(`${host} does not answer`)), timeoutMs);
    socket.on("connect", () => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(query.length);
      socket.write(Buffer.concat([length, query]));
    });
    socket.on("data", (chunk) => {
      got = Buffer.concat([got, chunk]);
      if (got.length >= 2 && got.length >= 2 + got.readUInt16BE(0)) {
        resolve(got.subarray(2, 2 + got.readUInt16BE(0)));
        socket.destroy();
      }
    });
    socket.on("error", reject);
    socket.on("close", () => {
      clearTimeout(timer);
      reject(new Error(`${host} closed the connection`));
    });
  });
}
