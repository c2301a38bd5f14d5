import type { IncomingMessage } from "node:http";
import { json } from "node:stream/consumers";
import { fromStatus, type Status } from "#api/meta/api-error.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import type { ObjectList, WatchEvent } from "#api/meta/watch.ts";
import { apiVersionOf, type Resource } from "#api/resource.ts";
import { type HttpConnection, type HttpConnectionOptions, httpConnection } from "./http-connection.ts";
import { wireRequest } from "./request-path.ts";
import type { Transport } from "./transport.ts";

export interface HttpTransport extends Transport {
  /** For what is no object: logs, tables, upgrades. */
  readonly connection: HttpConnection;
  close(): void;
}

/** The API of a server elsewhere. Who asks is decided by the credentials: the `user` of a request plays no part. */
export function httpTransport(options: HttpConnectionOptions): HttpTransport {
  const connection = httpConnection(options);
  return {
    connection,
    close: () => connection.close(),
    async dispatch(request) {
      const { method, path, contentType, body } = wireRequest(request);
      const { signal, resource } = request;
      const headers: Record<string, string> = contentType ? { "content-type": contentType } : {};
      const answer = await connection.call({ method, path, headers, body, signal });
      const warnings = warningsOf(answer);
      if (request.verb === "watch") return { kind: "watch", watch: watchOf(answer, resource, signal), ...warnings };
      const value = await json(answer);
      if (request.verb === "list") return { kind: "list", list: listOf(value as ObjectList, resource), ...warnings };
      return { kind: "object", status: answer.statusCode ?? 200, object: frozen(value as object), ...warnings };
    },
  };
}

/** A typed list of another server leaves out what its items are. */
function listOf({ items, metadata }: ObjectList, resource: Resource): ObjectList {
  const head = { kind: resource.kind, apiVersion: apiVersionOf(resource) };
  return frozen({ items: (items ?? []).map((item) => (item.kind ? item : { ...head, ...item })), metadata });
}

interface Frame {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: KubeObject | Status;
}

async function* watchOf(
  answer: IncomingMessage,
  resource: Resource,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly WatchEvent[]> {
  let rest = "";
  answer.setEncoding("utf8");
  try {
    for await (const chunk of answer as AsyncIterable<string>) {
      const end = chunk.lastIndexOf("\n");
      if (end < 0) {
        rest += chunk;
        continue;
      }
      const lines = (rest + chunk.slice(0, end)).split("\n");
      rest = chunk.slice(end + 1);
      yield* eventsOf(lines, resource);
    }
  } catch (error) {
    if (!signal?.aborted) throw error; // given up by its reader: an end like any other
  } finally {
    answer.destroy();
  }
}

/** All events of the lines as one batch; an error comes after the events before it. */
function* eventsOf(lines: readonly string[], resource: Resource): Generator<readonly WatchEvent[]> {
  const events: WatchEvent[] = [];
  for (const line of lines) {
    if (line === "") continue;
    const frame = JSON.parse(line) as Frame;
    if (frame.type === "ERROR") {
      if (events.length > 0) yield events;
      const status = frame.object as Status;
      throw fromStatus(status, status.code ?? 500);
    }
    events.push(eventOf(frame.type, frame.object as KubeObject, resource));
  }
  if (events.length > 0) yield events;
}

function eventOf(type: Exclude<Frame["type"], "ERROR">, object: KubeObject, resource: Resource): WatchEvent {
  const revision = Number(object.metadata.resourceVersion);
  if (type !== "BOOKMARK") {
    const whole = object.kind ? object : { ...object, kind: resource.kind, apiVersion: apiVersionOf(resource) };
    return { type, object: frozen(whole), revision };
  }
  const ended = object.metadata.annotations?.["k8s.io/initial-events-end"] === "true";
  return ended ? { type, revision, initialEventsEnd: true } : { type, revision };
}

/** `299 - "text"`, several of them with commas between. */
function warningsOf({ headers }: IncomingMessage): { warnings?: readonly string[] } {
  const found = [...(headers.warning ?? "").matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)];
  if (found.length === 0) return {};
  return { warnings: found.map(([, quoted = ""]) => quoted.replace(/\\(.)/g, "$1")) };
}

function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  for (const each of Object.values(value)) frozen(each);
  return Object.freeze(value);
}
