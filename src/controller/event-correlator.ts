import type { KubeObject } from "#api/meta/object-meta.ts";

export interface Occurrence {
  readonly object: KubeObject;
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  readonly fieldPath?: string;
}

/** What to write for an occurrence: a new Event (count 1), or one more of one written before. */
export interface Correlated {
  readonly name: string;
  readonly message: string;
  readonly count: number;
  readonly firstTime: number;
}

interface Similar {
  readonly messages: Set<string>;
  lastTime: number;
}
interface Allowance {
  tokens: number;
  at: number;
}

const remembered = 4096;
/** More different messages than this, about one object for one reason, become one Event… */
const maxSimilar = 10;
/** …as long as they follow each other within this time. */
const similarWithinMs = 600_000;
/** An object may cause this many writes at once, then one every five minutes. */
const burst = 25;
const refillMs = 300_000;

/**
 * Decides how an occurrence is written, by the rules every client of Kubernetes keeps: repeats only raise a count,
 * many similar ones are combined, and an object that causes too many is cut off.
 */
export class EventCorrelator {
  readonly #written = new Memory<Correlated>();
  readonly #similar = new Memory<Similar>();
  readonly #allowances = new Memory<Allowance>();

  /** `undefined` when the occurrence is not to be written. */
  correlate(occurrence: Occurrence, now: number): Correlated | undefined {
    const { metadata, kind } = occurrence.object;
    const about = [kind, metadata.namespace, metadata.name, metadata.uid].join("/");
    const similarTo = [about, occurrence.fieldPath, occurrence.type, occurrence.reason].join("\n");
    const combined = this.#isOneOfMany(similarTo, occurrence.message, now);
    const message = combined ? `(combined from similar events): ${occurrence.message}` : occurrence.message;
    const key = combined ? similarTo : `${similarTo}\n${occurrence.message}`;
    const known = this.#written.get(key);
    const event = known
      ? { ...known, message, count: known.count + 1 }
      : { name: eventName(metadata.name, now, () => this.#sequence()), message, count: 1, firstTime: now };
    this.#written.set(key, event);
    return this.#isAllowed(about, now) ? event : undefined;
  }

  #last = 0;
  /** Tells events of one millisecond apart, as the nanoseconds in Kubernetes' names do. */
  #sequence(): number {
    this.#last = (this.#last + 1) % 1_000_000;
    return this.#last;
  }

  #isOneOfMany(key: string, message: string, now: number): boolean {
    let similar = this.#similar.get(key);
    if (!similar || now - similar.lastTime > similarWithinMs) similar = { messages: new Set(), lastTime: now };
    similar.messages.add(message);
    similar.lastTime = now;
    this.#similar.set(key, similar);
    if (similar.messages.size < maxSimilar) return false;
    similar.messages.delete(similar.messages.values().next().value as string); // stays at the limit, and stays small
    return true;
  }

  #isAllowed(key: string, now: number): boolean {
    const last = this.#allowances.get(key) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, last.tokens + (now - last.at) / refillMs);
    this.#allowances.set(key, { tokens: Math.max(tokens - 1, tokens % 1), at: now });
    return tokens >= 1;
  }
}

/** `web-0.17a3f2c1b4d5e6f7`: the object and the time in nanoseconds, in hexadecimal. */
function eventName(object: string, now: number, sequence: () => number): string {
  return `${object}.${(BigInt(Math.floor(now)) * 1_000_000n + BigInt(sequence())).toString(16)}`;
}

/** A map that forgets what was used longest ago. */
class Memory<V> {
  readonly #entries = new Map<string, V>();

  get(key: string): V | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > remembered) this.#entries.delete(this.#entries.keys().next().value as string);
  }
}
