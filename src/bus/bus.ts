/** Work to be done by someone: at least once, and what was not acknowledged comes back. */
export interface Bus {
  /**
   * Resolves when the bus owns the message: it would survive what the engine survives. Throws NobodyJoined when no group
   * would get it, BusUnavailable when the bus does not answer in time; it may be there twice after a trouble.
   */
  publish(topic: string, body: Uint8Array, options?: PublishOptions): Promise<void>;
  /**
   * Each group gets every message that was published since the group was there, shared among its consumers; at most
   * `window` unacknowledged ones at a time. Ends when the signal aborts: what is in hand may still be acknowledged then. Who
   * leaves the loop in another way gives back all that he has in hand.
   */
  consume(topic: string, options: ConsumeOptions): AsyncIterable<Delivery>;
  /** Makes the group, so that messages are kept for it from now on. Consuming does so too. */
  join(topic: string, group: string): Promise<void>;
  close(): Promise<void>;
}

export interface PublishOptions {
  /** Tells a message from others; told with each delivery. */
  readonly id?: string;
  /** Not delivered earlier. */
  readonly delayMs?: number;
}

export interface ConsumeOptions {
  readonly group: string;
  readonly window: number;
  readonly signal: AbortSignal;
}

export interface Delivery {
  readonly id: string;
  readonly body: Uint8Array;
  /** 1 at first, one more for each `retry`; a delivery whose consumer was lost may have counted or not. */
  readonly attempt: number;
  /** Why it was buried, on a dead topic. */
  readonly reason?: string;
  /** Done: it never comes back. */
  ack(): Promise<void>;
  /** It comes back after so long. */
  retry(afterMs: number): Promise<void>;
  /** Hopeless: it is laid aside, under the topic `deadTopic(topic, group)`. */
  bury(reason: string): Promise<void>;
}

/** Where the messages are that a group has given up. Consume it as any topic, with the group `deadGroup`. */
export const deadTopic = (topic: string, group: string): string => `${topic}.${group}.dead`;
export const deadGroup = "dead";

export class NobodyJoined extends Error {
  constructor(topic: string) {
    super(`nobody has joined the topic ${JSON.stringify(topic)}`);
    this.name = "NobodyJoined";
  }
}

/** The bus does not answer now; whether a message that failed so is kept is not known. */
export class BusUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "BusUnavailable";
  }
}

/** What an engine's module exports. */
export interface BusEngine {
  /** `folder` is where an engine that keeps files puts them when the URL names no path. */
  open(url: string, options: { readonly folder: string }): Promise<Bus>;
}
