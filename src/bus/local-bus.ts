import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { type Clock, systemClock } from "#kit/clock.ts";
import {
  type Bus,
  type BusEngine,
  type ConsumeOptions,
  type Delivery,
  deadGroup,
  deadTopic,
  NobodyJoined,
  type PublishOptions,
} from "./bus.ts";
import { Inbox } from "./inbox.ts";
import { Journal, type JournalRecord } from "./journal.ts";

export interface LocalBusOptions {
  /** Where the messages are kept over restarts; without it they end with the process. */
  readonly folder?: string;
  readonly clock?: Clock;
}

/** The bus of a single process. */
export async function openLocalBus({ folder, clock = systemClock }: LocalBusOptions = {}): Promise<Bus> {
  const bus = new LocalBus(clock);
  if (folder) await bus.restore(folder);
  return bus;
}

export const open: BusEngine["open"] = (url, { folder }) =>
  openLocalBus({ folder: url.slice("local:".length) || join(folder, "bus") });

/** A message on its way to one group. */
interface Parcel {
  readonly number: number;
  readonly id: string;
  readonly body: Uint8Array;
  readonly attempt: number;
  readonly reason?: string | undefined;
  /** Not to be delivered before. */
  readonly due: number;
}

interface Hand {
  readonly inbox: Inbox<Parcel>;
  readonly open: Set<Parcel>;
  room: number;
}

class Group {
  readonly name: string;
  readonly topic: string;
  /** All that are not done, in order. */
  readonly parcels = new Map<number, Parcel>();
  /** Those that may be delivered now. */
  readonly ready: Parcel[] = [];
  readonly hands = new Set<Hand>();

  constructor(topic: string, name: string) {
    this.topic = topic;
    this.name = name;
  }

  /** Hands out what is ready to who has room, in turn. */
  deal(): void {
    for (const hand of this.hands) {
      while (hand.room > 0) {
        const parcel = this.ready.shift();
        if (!parcel) return;
        hand.room--;
        hand.open.add(parcel);
        hand.inbox.push(parcel);
      }
    }
  }
}

class LocalBus implements Bus {
  readonly #clock: Clock;
  readonly #topics = new Map<string, Map<string, Group>>();
  readonly #closing = new AbortController();
  #journal: Journal | undefined;
  #number = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async restore(folder: string): Promise<void> {
    const { journal, records } = await Journal.open(folder, () => this.#everything());
    for (const record of records) this.#replay(record);
    this.#journal = journal;
    await journal.rewrite();
    for (const group of this.#groups()) for (const parcel of group.parcels.values()) this.#offer(group, parcel);
  }

  async publish(
    topic: string,
    body: Uint8Array,
    { id = randomUUID(), delayMs = 0 }: PublishOptions = {},
  ): Promise<void> {
    await this.#put(topic, { id, body: Uint8Array.from(body) }, delayMs);
  }

  async #put(topic: string, content: Pick<Parcel, "id" | "body" | "reason">, delayMs: number): Promise<void> {
    this.#checkOpen();
    const groups = [...(this.#topics.get(topic)?.values() ?? [])];
    if (groups.length === 0) throw new NobodyJoined(topic);
    const due = this.#clock.now() + delayMs;
    const parcel: Parcel = { ...content, number: ++this.#number, attempt: 1, due };
    for (const group of groups) group.parcels.set(parcel.number, parcel);
    await this.#journal?.append(groups.map((group) => putRecord(group, parcel)));
    for (const group of groups) this.#offer(group, parcel);
  }

  async join(topic: string, name: string): Promise<void> {
    this.#checkOpen();
    if (!this.#topics.get(topic)?.has(name)) {
      this.#group(topic, name);
      await this.#journal?.append([{ do: "join", topic, group: name }]);
    }
    if (name !== deadGroup) await this.join(deadTopic(topic, name), deadGroup);
  }

  async *consume(topic: string, { group: name, window, signal }: ConsumeOptions): AsyncGenerator<Delivery> {
    await this.join(topic, name);
    const group = this.#group(topic, name);
    const hand: Hand = { inbox: new Inbox(), open: new Set(), room: window };
    group.hands.add(hand);
    group.deal();
    let isLeft = true;
    try {
      const until = AbortSignal.any([signal, this.#closing.signal]);
      for await (const parcel of hand.inbox.read(until)) yield this.#delivery(group, hand, parcel);
      isLeft = false;
    } finally {
      group.hands.delete(hand);
      hand.room = 0;
      this.#takeBack(group, hand, isLeft ? [...hand.open] : hand.inbox.rest());
    }
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    await this.#journal?.close();
  }

  #checkOpen(): void {
    if (this.#closing.signal.aborted) throw new Error("the bus is closed");
  }

  #group(topic: string, name: string): Group {
    const groups = this.#topics.get(topic) ?? new Map<string, Group>();
    this.#topics.set(topic, groups);
    const group = groups.get(name) ?? new Group(topic, name);
    groups.set(name, group);
    return group;
  }

  #groups(): Group[] {
    return [...this.#topics.values()].flatMap((groups) => [...groups.values()]);
  }

  #offer(group: Group, parcel: Parcel): void {
    const wait = parcel.due - this.#clock.now();
    const give = () => {
      if (this.#closing.signal.aborted || group.parcels.get(parcel.number) !== parcel) return;
      group.ready.push(parcel);
      group.deal();
    };
    if (wait <= 0) give();
    else this.#closing.signal.addEventListener("abort", this.#clock.after(wait, give), { once: true });
  }

  /** First in line, in their order. */
  #takeBack(group: Group, hand: Hand, parcels: readonly Parcel[]): void {
    for (const parcel of parcels) hand.open.delete(parcel);
    const again = parcels.map((parcel) => ({ ...parcel, attempt: parcel.attempt + 1 }));
    for (const parcel of again) group.parcels.set(parcel.number, parcel);
    group.ready.unshift(...again);
    group.deal();
  }

  #delivery(group: Group, hand: Hand, parcel: Parcel): Delivery {
    const { id, body, attempt, number, reason } = parcel;
    const release = () => {
      if (!hand.open.delete(parcel)) return;
      if (group.hands.has(hand)) hand.room++;
      group.deal();
    };
    const done = async () => {
      this.#checkOpen();
      if (group.parcels.get(number) !== parcel) return; // it went back and is somebody else's now
      group.parcels.delete(number);
      await this.#journal?.append([{ do: "done", topic: group.topic, group: group.name, number }]);
      release();
    };
    return {
      id,
      body,
      attempt,
      ...(reason !== undefined && { reason }),
      ack: done,
      retry: async (afterMs) => {
        this.#checkOpen();
        if (group.parcels.get(number) !== parcel) return;
        const again = { ...parcel, attempt: attempt + 1, due: this.#clock.now() + afterMs };
        group.parcels.set(number, again);
        await this.#journal?.append([putRecord(group, again)]);
        this.#offer(group, again);
        release();
      },
      bury: async (why) => {
        await this.#put(deadTopic(group.topic, group.name), { id, body, reason: why }, 0);
        await done();
      },
    };
  }

  #replay(record: JournalRecord): void {
    const group = this.#group(record.topic, record.group);
    if (record.do === "done") group.parcels.delete(record.number);
    if (record.do !== "put") return;
    const { number, id, attempt, due, reason } = record;
    this.#number = Math.max(this.#number, number);
    group.parcels.set(number, { number, id, attempt, due, reason, body: Buffer.from(record.body, "base64") });
  }

  #everything(): JournalRecord[] {
    return this.#groups().flatMap((group) => [
      { do: "join" as const, topic: group.topic, group: group.name },
      ...[...group.parcels.values()].map((parcel) => putRecord(group, parcel)),
    ]);
  }
}

const putRecord = ({ topic, name }: Group, { number, id, body, attempt, due, reason }: Parcel): JournalRecord => ({
  ...{ do: "put", topic, group: name, number, id, attempt, due, reason },
  body: Buffer.from(body).toString("base64"),
});
