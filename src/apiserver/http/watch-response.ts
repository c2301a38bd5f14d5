import { ApiError, isExpired } from "#api/meta/api-error.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import type { Watch, WatchEvent } from "#api/meta/watch.ts";
import { apiVersionOf, type Resource } from "#api/resource.ts";
import { encodedJson } from "../registry/codec.ts";
import type { Format, Shape } from "./negotiate.ts";
import { bookmarkRow, columnDefinitions, partialMetadata, tableOf, tableRow } from "./table.ts";

/** Frames by event, then by format: of a thousand watchers who want the same form, one pays for the encoding. */
const frames = new WeakMap<WatchEvent, Map<string, Buffer>>();

/**
 * The lines of a watch, a batch of events in one chunk. A failure after the start becomes an ERROR line, since
 * the status line has gone out already; then the stream ends.
 */
export async function* watchLines(
  watch: Watch,
  options: {
    readonly resource: Resource;
    readonly format: Format;
    readonly now: () => number;
    readonly signal: AbortSignal;
  },
): AsyncGenerator<Buffer> {
  let first = true;
  try {
    for await (const batch of watch) {
      const lines = batch.map((event, i) => frameOf(event, options, first && i === 0));
      if (lines.length > 0) first = false;
      yield lines.length === 1 ? (lines[0] as Buffer) : Buffer.concat(lines);
    }
  } catch (error) {
    if (options.signal.aborted) return; // the watch ends because it was told to
    yield errorLine(error);
  }
}

function frameOf(
  event: WatchEvent,
  { resource, format, now }: { resource: Resource; format: Format; now: () => number },
  first: boolean,
): Buffer {
  const id = `${format.shape}/${format.includeObject}/${first}/${apiVersionOf(resource)}`;
  const known = frames.get(event);
  const cached = known?.get(id);
  if (cached) return cached;
  const frame = encodeFrame(event, resource, format, { first, now: now() });
  if (known) known.set(id, frame);
  else frames.set(event, new Map([[id, frame]]));
  return frame;
}

function encodeFrame(
  event: WatchEvent,
  resource: Resource,
  format: Format,
  { first, now }: { first: boolean; now: number },
): Buffer {
  const columns = first && format.shape === "Table" ? columnDefinitions(resource) : undefined;
  if (event.type === "BOOKMARK") return Buffer.from(line("BOOKMARK", bookmark(event, resource, format.shape, columns)));
  const { type, object, revision } = event;
  if (format.shape === "object") return objectFrame(type, object);
  if (format.shape !== "Table") return Buffer.from(line(type, partialMetadata(object)));
  const rows = [tableRow(resource, object, format.includeObject, now)];
  return Buffer.from(line(type, tableOf({ resourceVersion: String(revision) }, columns, rows)));
}

function objectFrame(type: string, object: KubeObject): Buffer {
  return Buffer.concat([Buffer.from(`{"type":"${type}","object":`), encodedJson(object), Buffer.from("}\n")]);
}

const line = (type: string, object: string) => `{"type":"${type}","object":${object}}\n`;

function bookmark(
  event: Extract<WatchEvent, { type: "BOOKMARK" }>,
  resource: Resource,
  shape: Shape,
  columns: string | undefined,
): string {
  const metadata = {
    resourceVersion: String(event.revision),
    ...(event.initialEventsEnd && { annotations: { "k8s.io/initial-events-end": "true" } }),
  };
  switch (shape) {
    case "object":
      return JSON.stringify({ kind: resource.kind, apiVersion: apiVersionOf(resource), metadata });
    case "Table":
      return tableOf({ resourceVersion: metadata.resourceVersion }, columns, [bookmarkRow(resource, metadata)]);
    default:
      return JSON.stringify({ kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata });
  }
}

function errorLine(error: unknown): Buffer {
  const known = error instanceof ApiError ? error : new ApiError("InternalError", String(error));
  const status = known.toStatus();
  // clients look for the code 410 here; both reasons that carry it mean: list again
  return Buffer.from(line("ERROR", JSON.stringify(isExpired(known) ? { ...status, code: 410 } : status)));
}
