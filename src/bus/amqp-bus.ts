import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { type AsyncMessage, type Channel, Connection, type Publisher } from "rabbitmq-client";
import {
  type Bus,
  type BusEngine,
  BusUnavailable,
  type ConsumeOptions,
  type Delivery,
  deadGroup,
  deadTopic,
  NobodyJoined,
  type PublishOptions,
} from "./bus.ts";
import { delayBucket } from "./delay-bucket.ts";
import { Inbox } from "./inbox.ts";

export interface AmqpOptions {
  /** As long as anything may take while the broker does not answer. */
  readonly patienceMs?: number;
}

const exchange = "minik8s";
/** Quorum queues flush before they confirm, also on a single broker, and are kept on several where there are several. */
const durable = { "x-queue-type": "quorum" } as const;
/** Without it, a message whose time is up could get lost on its way back. */
const safeDeadLetters = { "x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish" } as const;
const connectMs = 5_000;
const retryMs = 100;

const toTopic = (topic: string) => `topic:${topic}`;
const toQueue = (queue: string) => `queue:${queue}`;
const queueOf = (topic: string, group: string) => `minik8s.${topic}.${group}`;

/** Throws an Error with one clear sentence when the broker does not answer. */
export async function openAmqpBus(url: string, { patienceMs = 10_000 }: AmqpOptions = {}): Promise<Bus> {
  const connection = new Connection({ url, acquireTimeout: patienceMs, retryLow: retryMs, retryHigh: 1_000 });
  let trouble: Error | undefined;
  connection.on("error", (error: Error) => {
    trouble = error; // told when something fails for it
  });
  try {
    await connection.onConnect(connectMs);
  } catch (error) {
    connection.unsafeDestroy();
    const reason = (trouble ?? (error as Error)).message || String((trouble as NodeJS.ErrnoException)?.code);
    throw new BusUnavailable(`${withoutPassword(url)} does not answer: ${reason}`, { cause: error });
  }
  return new AmqpBus(connection, url, patienceMs);
}

export const open: BusEngine["open"] = (url) => openAmqpBus(url);

const withoutPassword = (url: string) => url.replace(/\/\/[^/]*@/, "//");

/**
 * One direct exchange. The queue of a group takes what is sent to its topic and what is sent back to itself alone. Delayed
 * messages wait in queues that hold equal delays, as only the head of a queue expires, and return with the key they came with.
 */
class AmqpBus implements Bus {
  readonly #connection: Connection;
  readonly #url: string;
  readonly #patienceMs: number;
  readonly #publisher: Publisher;
  /** Ids of messages that came back as nobody takes them; the broker tells before it confirms. */
  readonly #returned = new Set<string>();
  readonly #known = new Map<string, Promise<void>>();
  readonly #closing = new AbortController();
  readonly #channels = new Set<Channel>();

  constructor(connection: Connection, url: string, patienceMs: number) {
    this.#connection = connection;
    this.#url = withoutPassword(url);
    this.#patienceMs = patienceMs;
    const exchanges = [{ exchange, type: "direct", durable: true }];
    this.#publisher = connection.createPublisher({ confirm: true, exchanges });
    this.#publisher.on("basic.return", ({ messageId }) => void this.#returned.add(messageId ?? ""));
  }

  async publish(topic: string, body: Uint8Array, options: PublishOptions = {}): Promise<void> {
    if (this.#closing.signal.aborted) throw new Error("the bus is closed");
    const { id = randomUUID(), delayMs = 0 } = options;
    await this.#send(toTopic(topic), { id, body, attempt: 1, delayMs }, topic);
  }

  async join(topic: string, group: string): Promise<void> {
    const queue = queueOf(topic, group);
    const dead = deadTopic(topic, group);
    await this.#once(queue, async () => {
      await this.#connection.exchangeDeclare({ exchange, type: "direct", durable: true });
      await this.#connection.queueDeclare({ queue, durable: true, arguments: durable });
      for (const routingKey of [toTopic(topic), toQueue(queue)]) {
        await this.#connection.queueBind({ queue, exchange, routingKey });
      }
    });
    if (group !== deadGroup) await this.join(dead, deadGroup);
  }

  async *consume(topic: string, { group, window, signal }: ConsumeOptions): AsyncGenerator<Delivery> {
    const until = AbortSignal.any([signal, this.#closing.signal]);
    await this.join(topic, group);
    while (!until.aborted) {
      const hand = await this.#takeUp(queueOf(topic, group), window, until);
      if (!hand) continue;
      let isLeft = true;
      try {
        for await (const message of hand.inbox.read(until)) yield this.#delivery(message, hand, topic, group);
        isLeft = false;
      } finally {
        await this.#layDown(hand, isLeft);
      }
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    // what is in hand goes back to its queue
    await Promise.allSettled([...this.#channels].map((channel) => channel.close()));
    await this.#publisher.close().catch(() => {}); // with the connection gone there is nothing to close
    await this.#connection.close().catch(() => {}); // as above
  }

  /** Does what need be done only once, trying until it succeeds or our patience ends. */
  #once(what: string, make: () => Promise<void>): Promise<void> {
    let done = this.#known.get(what);
    if (!done) {
      done = this.#patiently(make);
      this.#known.set(what, done);
      done.catch(() => this.#known.delete(what));
    }
    return done;
  }

  async #patiently(work: () => Promise<void>): Promise<void> {
    const end = performance.now() + this.#patienceMs;
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (this.#closing.signal.aborted) throw new Error("the bus is closed");
        const { message } = error as Error;
        if (performance.now() + retryMs > end)
          throw new BusUnavailable(`${this.#url} does not answer: ${message}`, { cause: error });
      }
      await delay(retryMs);
    }
  }

  async #send(routingKey: string, message: Message, topic: string): Promise<void> {
    const { id, body, attempt, delayMs, reason } = message;
    const bucket = delayBucket(delayMs);
    const via = bucket > 0 ? await this.#delayExchange(bucket) : exchange;
    // of its own for each send, so that what is returned is found by it
    const messageId = randomUUID();
    const headers = { id, attempt, ...(reason !== undefined && { reason }) };
    await this.#patiently(() =>
      this.#publisher.send(
        { exchange: via, routingKey, mandatory: true, durable: true, messageId, headers },
        Buffer.from(body),
      ),
    );
    await new Promise((next) => setImmediate(next)); // the library tells of what was returned a turn later than that it was confirmed
    if (this.#returned.delete(messageId)) throw new NobodyJoined(topic);
  }

  async #delayExchange(ms: number): Promise<string> {
    const name = `minik8s.delay.${ms}`;
    const terms = { ...durable, ...safeDeadLetters, "x-message-ttl": ms, "x-dead-letter-exchange": exchange };
    await this.#once(name, async () => {
      await this.#connection.exchangeDeclare({ exchange: name, type: "fanout", durable: true });
      await this.#connection.queueDeclare({ queue: name, durable: true, arguments: terms });
      await this.#connection.queueBind({ queue: name, exchange: name });
    });
    return name;
  }

  async #takeUp(queue: string, window: number, signal: AbortSignal): Promise<Hand | undefined> {
    try {
      const channel = await this.#connection.acquire();
      const hand: Hand = { channel, inbox: new Inbox(), open: 0, tag: "", leaving: false };
      this.#channels.add(channel);
      channel.on("error", () => {}); // it closes then, and we go on with another
      channel.on("close", () => {
        this.#channels.delete(channel);
        hand.inbox.end();
      });
      await channel.basicQos({ prefetchCount: window });
      hand.tag = (await channel.basicConsume({ queue }, (message) => hand.inbox.push(message))).consumerTag;
      return hand;
    } catch {
      // the broker is away: it is tried again for as long as somebody wants to consume
      await delay(retryMs, undefined, { signal }).catch(() => {});
      return undefined;
    }
  }

  /** No more is taken. What is in hand goes back at once, or may be finished first. */
  async #layDown(hand: Hand, isLeft: boolean): Promise<void> {
    const { channel, inbox, tag } = hand;
    hand.leaving = true;
    if (!channel.active) return;
    try {
      if (hand.open === 0 || isLeft) {
        await channel.close();
        return;
      }
      await channel.basicCancel(tag);
      for (const { deliveryTag } of inbox.rest()) channel.basicNack({ deliveryTag, requeue: true });
    } catch {
      // the channel broke meanwhile: all that it had went back
    }
  }

  #delivery(message: AsyncMessage, hand: Hand, topic: string, group: string): Delivery {
    hand.open++;
    const content = contentOf(message);
    const { id, attempt, body } = content;
    const settle = async () => {
      if (!hand.channel.active) throw new BusUnavailable("the connection broke: the message comes back");
      hand.channel.basicAck({ deliveryTag: message.deliveryTag });
      hand.open--;
      if (hand.leaving && hand.open === 0) await hand.channel.close();
    };
    const pass = async (routingKey: string, passed: Message, to: string) => {
      await this.#send(routingKey, passed, to);
      await settle();
    };
    return {
      ...content,
      ack: settle,
      retry: (afterMs) =>
        pass(toQueue(queueOf(topic, group)), { id, body, attempt: attempt + 1, delayMs: afterMs }, topic),
      bury: (reason) => {
        const dead = deadTopic(topic, group);
        return pass(toTopic(dead), { id, body, attempt: 1, delayMs: 0, reason }, dead);
      },
    };
  }
}

interface Message {
  readonly id: string;
  readonly body: Uint8Array;
  readonly attempt: number;
  readonly delayMs: number;
  /** Why it was buried. */
  readonly reason?: string;
}

interface Hand {
  readonly channel: Channel;
  readonly inbox: Inbox<AsyncMessage>;
  /** Deliveries not settled. */
  open: number;
  tag: string;
  leaving: boolean;
}

function contentOf({ headers = {}, body }: AsyncMessage): Omit<Message, "delayMs"> {
  const { id, attempt, reason, "x-delivery-count": lost } = headers as Readonly<Record<string, unknown>>;
  return {
    id: String(id ?? ""),
    attempt: Number(attempt ?? 1) + Number(lost ?? 0),
    body: bytesOf(body),
    ...(typeof reason === "string" && { reason }),
  };
}

/** The library decodes what came without a type of content only into bytes. */
const bytesOf = (body: unknown): Uint8Array => (Buffer.isBuffer(body) ? body : Buffer.from(String(body)));
