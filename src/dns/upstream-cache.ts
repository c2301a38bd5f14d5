import type { Clock } from "#kit/clock.ts";
import { type Answer, type Reply, rcodes } from "./wire.ts";

const most = 10_000;
/** Bounds of how long an answer is kept, seconds. */
const bounds = { found: 3600, missing: 1800 };

interface Kept {
  readonly reply: Reply;
  readonly at: number;
  readonly until: number;
}

/** Answers of other servers for as long as they themselves allow. */
export class UpstreamCache {
  /** In the order of being put in: the first is the first to go. */
  readonly #kept = new Map<string, Kept>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** With lifetimes lessened by the time the answer has lain here. */
  get(key: string): Reply | undefined {
    const kept = this.#kept.get(key);
    if (!kept) return undefined;
    const now = this.#clock.now();
    if (now >= kept.until) {
      this.#kept.delete(key);
      return undefined;
    }
    const age = Math.floor((now - kept.at) / 1000);
    const older = (record: Answer): Answer =>
      "ttl" in record ? { ...record, ttl: Math.max(0, (record.ttl ?? 0) - age) } : record;
    const { answers = [], authorities = [], additionals = [] } = kept.reply;
    return {
      ...kept.reply,
      answers: answers.map(older),
      authorities: authorities.map(older),
      additionals: additionals.map(older),
    };
  }

  put(key: string, reply: Reply): void {
    const seconds = lifetime(reply);
    if (seconds <= 0) return;
    const now = this.#clock.now();
    this.#kept.delete(key);
    this.#kept.set(key, { reply, at: now, until: now + seconds * 1000 });
    if (this.#kept.size > most) this.#kept.delete(this.#kept.keys().next().value as string);
  }
}

/** Seconds; 0 for what must not be kept. What is missing is kept as long as the zone's authority says, RFC 2308. */
export function lifetime({ rcode, answers = [], authorities = [] }: Reply): number {
  const ttls = answers.map((record) => ("ttl" in record ? (record.ttl ?? 0) : 0));
  if (rcode === rcodes.noError && ttls.length > 0) return Math.min(bounds.found, ...ttls);
  if (rcode !== rcodes.noError && rcode !== rcodes.noSuchName) return 0;
  const soa = authorities.find((record) => record.type === "SOA");
  if (soa?.type !== "SOA") return 0;
  return Math.min(bounds.missing, soa.ttl ?? 0, soa.data.minimum ?? 0);
}
