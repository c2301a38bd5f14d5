import type { IncomingHttpHeaders } from "node:http";
import type { UserInfo } from "#client/transport.ts";

/** One request as the handlers see it: HTTP/1.1 and HTTP/2 look the same from here on. */
export interface HttpRequest {
  readonly method: string;
  /** As it was sent: escaped, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The whole body. Throws ApiError `RequestEntityTooLarge` over the limit, `BadRequest` when it breaks off. */
  body(): Promise<Buffer>;
  /** Aborts when the caller has gone or the server stops. */
  readonly signal: AbortSignal;
}

/** A request whose sender is known. */
export interface KnownRequest extends HttpRequest {
  readonly user: UserInfo;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** A stream is written chunk by chunk, each only when the socket has taken the one before. */
  readonly body: Buffer | AsyncIterable<Buffer>;
}

export const textReply = (status: number, text: string, type = "text/plain; charset=utf-8"): HttpReply => ({
  status,
  headers: { "content-type": type, "x-content-type-options": "nosniff" },
  body: Buffer.from(text),
});

export const jsonReply = (status: number, value: unknown): HttpReply => ({
  status,
  headers: { "content-type": "application/json" },
  body: Buffer.from(`${JSON.stringify(value)}\n`),
});
