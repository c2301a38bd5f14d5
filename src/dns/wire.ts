import { type Answer, decode, encode, encodingLength, type Packet, type Question } from "dns-packet";

export type { Answer, Question };

/** Response codes, RFC 1035 and 2136. */
export const rcodes = {
  noError: 0,
  formatError: 1,
  serverFailure: 2,
  noSuchName: 3,
  notImplemented: 4,
  refused: 5,
} as const;
export type Rcode = (typeof rcodes)[keyof typeof rcodes];

const bits = { recursionDesired: 0x0100, recursionAvailable: 0x0080, authoritative: 0x0400, truncated: 0x0200 };
/** What a client without EDNS0 can take over UDP. */
const plainBytes = 512;
/** What we say that we can take, and the most that we send. */
const ownBytes = 4096;
const queryOpcode = 0;

export interface Query {
  readonly id: number;
  readonly question: Question;
  readonly recursionDesired: boolean;
  /** The most bytes that a UDP answer may have. */
  readonly udpBytes: number;
  readonly edns: boolean;
}

export interface Reply {
  readonly rcode: Rcode;
  readonly authoritative?: boolean;
  readonly answers?: readonly Answer[];
  readonly authorities?: readonly Answer[];
  readonly additionals?: readonly Answer[];
}

/** A query, or the code with which it is to be refused; `undefined` when it is not even that. */
export function decodeQuery(message: Uint8Array): Query | Rcode | undefined {
  if (message.length < 12 || ((message[2] ?? 0) & 0x80) !== 0) return undefined; // an answer is never answered: no loops
  if ((((message[2] ?? 0) >> 3) & 15) !== queryOpcode) return rcodes.notImplemented;
  let packet: Packet;
  try {
    packet = decode(Buffer.from(message.buffer, message.byteOffset, message.length));
  } catch {
    return rcodes.formatError;
  }
  const [question, second] = packet.questions ?? [];
  if (!question || second) return rcodes.formatError;
  if (question.class !== "IN" && question.class !== "ANY") return rcodes.refused;
  const opt = packet.additionals?.find((record) => record.type === "OPT");
  const wanted = opt?.type === "OPT" ? Math.max(plainBytes, opt.udpPayloadSize ?? 0) : plainBytes;
  return {
    id: packet.id ?? 0,
    question,
    recursionDesired: ((packet.flags ?? 0) & bits.recursionDesired) !== 0,
    udpBytes: Math.min(wanted, ownBytes),
    edns: opt !== undefined,
  };
}

/** `limit` in bytes: what does not fit is left out, and the answer says that it is truncated. */
export function encodeReply(query: Query, reply: Reply, limit: number): Buffer {
  const opt = { type: "OPT", name: ".", udpPayloadSize: ownBytes, flags: 0, options: [] } as unknown as Answer;
  const flags =
    reply.rcode |
    bits.recursionAvailable |
    (reply.authoritative ? bits.authoritative : 0) |
    (query.recursionDesired ? bits.recursionDesired : 0);
  const own = query.edns ? [opt] : [];
  const packet = (answers: readonly Answer[], extra: readonly Answer[], more: number): Packet => ({
    type: "response",
    id: query.id,
    flags: flags | more,
    questions: [query.question],
    answers: [...answers],
    authorities: [...(reply.authorities ?? [])],
    additionals: [...extra, ...own],
  });
  const answers = reply.answers ?? [];
  const whole = packet(answers, reply.additionals ?? [], 0);
  if (encodingLength(whole) <= limit) return encode(whole);
  let kept = answers.length;
  let cut = packet(answers, [], 0);
  if (encodingLength(cut) <= limit) return encode(cut); // additional records are a courtesy only
  while (kept > 0 && encodingLength(cut) > limit) {
    kept = Math.floor(kept / 2);
    cut = packet(answers.slice(0, kept), [], bits.truncated);
  }
  return encode(cut);
}

/** An answer with nothing but a code to a message that could not be read. */
export function encodeRefusal(message: Uint8Array, rcode: Rcode): Buffer {
  const header = Buffer.alloc(12);
  header.set(message.subarray(0, 3));
  header[2] = (header[2] ?? 0) | 0x80;
  header[3] = 0x80 | rcode;
  return header;
}

export function encodeQuestion(id: number, question: Question, options: { readonly edns: boolean }): Buffer {
  const opt = { type: "OPT", name: ".", udpPayloadSize: 1232, flags: 0, options: [] } as unknown as Answer;
  return encode({
    type: "query",
    id,
    flags: bits.recursionDesired,
    questions: [{ ...question, class: "IN" }],
    additionals: options.edns ? [opt] : [],
  });
}

/** What another server answered. Throws when it is not an answer to this question. */
export function decodeReply(message: Buffer, id: number, question: Question): Reply & { readonly truncated: boolean } {
  const packet = decode(message);
  const [echo] = packet.questions ?? [];
  if (packet.type !== "response" || packet.id !== id) throw new Error("an answer to another question");
  if (echo && (echo.name.toLowerCase() !== question.name.toLowerCase() || echo.type !== question.type))
    throw new Error("an answer to another question");
  const flags = packet.flags ?? 0;
  return {
    rcode: (flags & 15) as Rcode,
    truncated: (flags & bits.truncated) !== 0,
    answers: packet.answers ?? [],
    authorities: packet.authorities ?? [],
    additionals: (packet.additionals ?? []).filter(({ type }) => type !== "OPT"),
  };
}
