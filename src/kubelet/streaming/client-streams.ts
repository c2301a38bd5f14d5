import type { Readable, Writable } from "node:stream";
import type { Status } from "#api/meta/api-error.ts";

/**
 * The far end of an exec or attach: a kubectl, however it is connected. What was not asked for is missing.
 */
export interface ClientStreams {
  readonly stdin?: Readable;
  readonly stdout?: Writable;
  readonly stderr?: Writable;
  /** Each change of the terminal's size; JSON objects one after the other. */
  readonly resizes?: Readable;
  /** Tells how it ended, then hangs up. The outputs must have been ended before. */
  finish(status: Status): Promise<void>;
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;
}

/** What an error channel carries: the whole Status since version 4, before that a text when something failed. */
export function statusText(status: Status, protocol: string): string {
  if (/^v[45]\./.test(protocol)) return JSON.stringify(status);
  return status.status === "Success" ? "" : (status.message ?? "");
}
