import type { ApiRequest, ApiResponse, Transport } from "#client/transport.ts";
import type { Clock } from "#kit/clock.ts";
import {
  checkDeleteOptions,
  decodeDeleteOptions,
  decodeObject,
  decodePatch,
  expectedKind,
  patchTypeOf,
} from "./body.ts";
import type { HttpReply, KnownRequest } from "./exchange.ts";
import { negotiate } from "./negotiate.ts";
import { deleteOptionsOf, requestOptions } from "./query.ts";
import type { RequestInfo } from "./request-info.ts";
import { listReply, objectReply } from "./response.ts";
import { watchLines } from "./watch-response.ts";

type ResourceInfo = Extract<RequestInfo, { kind: "resource" }>;

/** A watch without a timeout of its own ends after 30 to 60 minutes, so that clients spread again over the servers. */
const watchSeconds = () => 1800 + Math.floor(Math.random() * 1800);

/** The API ends a watch at its timeout, with a bookmark to go on from; only should it not, the door does. */
const lastWordMs = 2000;

/** Answers requests about objects by asking `api`. Throws ApiError. */
export function resourceHandler(api: Transport, clock: Clock) {
  return async (request: KnownRequest, info: ResourceInfo): Promise<HttpReply> => {
    const format = negotiate(request.headers, request.query);
    if (info.verb === "watch") return watchReply(request, info);
    const response = await api.dispatch(await apiRequest(request, info));
    const now = clock.now();
    const reply =
      response.kind === "list"
        ? await listReply(response.list, info.resource, format, now)
        : await objectReply(...objectOf(response), info.resource, format, now);
    return withWarnings(reply, response.warnings);
  };

  async function watchReply(request: KnownRequest, info: ResourceInfo): Promise<HttpReply> {
    const { resource } = info;
    const format = negotiate(request.headers, request.query);
    const options = requestOptions("watch", request.query);
    const timeoutSeconds = options.timeoutSeconds || watchSeconds();
    const abort = new AbortController();
    const cancelTimer = clock.after(timeoutSeconds * 1000 + lastWordMs, () => abort.abort());
    const signal = AbortSignal.any([request.signal, abort.signal]);
    const ended = () => {
      cancelTimer();
      abort.abort();
    };
    request.signal.addEventListener("abort", ended, { once: true }); // also of a watch that nobody begins to read
    try {
      const { namespace, verb } = info;
      const { user } = request;
      const answer = { verb, resource, namespace, user, signal, options: { ...options, timeoutSeconds } };
      const response = await api.dispatch(answer);
      if (response.kind !== "watch") throw new Error(`a watch was answered by ${response.kind}`);
      const lines = watchLines(response.watch, { resource, format, now: () => clock.now(), signal });
      const headers = { "content-type": format.media, "cache-control": "no-cache, private" };
      return withWarnings({ status: 200, headers, body: endedBy(lines, ended) }, response.warnings);
    } catch (error) {
      ended();
      throw error;
    }
  }
}

async function* endedBy(lines: AsyncGenerator<Buffer>, ended: () => void): AsyncGenerator<Buffer> {
  try {
    yield* lines;
  } finally {
    ended();
  }
}

function objectOf(response: ApiResponse): [number, object] {
  if (response.kind !== "object") throw new Error(`a request for an object was answered by ${response.kind}`);
  return [response.status, response.object];
}

/** The parsed path, query and body as one request to the API. */
async function apiRequest(request: KnownRequest, info: ResourceInfo): Promise<ApiRequest> {
  const { kind: _, ...target } = info;
  const { query, headers, user, signal } = request;
  const base = { ...target, user, signal };
  switch (info.verb) {
    case "create":
    case "update": {
      const options = requestOptions(info.verb, query);
      const expected = {
        ...expectedKind(info.resource, info.subresource),
        strict: options.fieldValidation !== "Ignore",
      };
      const { value, duplicates } = await decodeObject(await request.body(), headers["content-type"], expected);
      return { ...base, options: withManager(options, headers), object: value, duplicateFields: duplicates };
    }
    case "patch": {
      const type = patchTypeOf(headers["content-type"]);
      const options = requestOptions("patch", query, type);
      const strict = options.fieldValidation !== "Ignore";
      const { value, duplicates } = await decodePatch(await request.body(), type, strict);
      const patch = { type, body: value };
      return { ...base, options: withManager(options, headers), patch, duplicateFields: duplicates };
    }
    case "delete":
    case "deletecollection": {
      const inBody = await decodeDeleteOptions(await request.body(), headers["content-type"]);
      const { dryRun, ...deleteOptions } = inBody ?? { dryRun: false, ...deleteOptionsOf(query) };
      checkDeleteOptions(deleteOptions);
      const options = requestOptions(info.verb, query);
      return { ...base, options: dryRun ? { ...options, dryRun } : options, deleteOptions };
    }
    default:
      return { ...base, options: requestOptions(info.verb, query) };
  }
}

/** Who does not say who manages the fields is known by the program's name, the first part of the User-Agent. */
function withManager(options: ApiRequest["options"], headers: KnownRequest["headers"]): ApiRequest["options"] {
  if (options?.fieldManager) return options;
  const agent = headers["user-agent"]?.split("/", 1)[0];
  return agent ? { ...options, fieldManager: agent.slice(0, 128) } : options;
}

function withWarnings(reply: HttpReply, warnings: readonly string[] | undefined): HttpReply {
  if (!warnings || warnings.length === 0) return reply;
  return { ...reply, headers: { ...reply.headers, warning: warnings.map(warningHeader) } };
}

/** 299 is a lasting warning, `-` an agent without a name. Header values are Latin-1 without control characters. */
export function warningHeader(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly those must not reach a header
  const safe = text.replace(/[\u0000-\u001f\u007f]/g, " ").replace(/[^\u0020-\u007e]/g, "?");
  return `299 - "${safe.replace(/["\\]/g, "\\$&")}"`;
}
