import type { IncomingMessage } from "node:http";
import { ApiError, badRequest } from "#api/meta/api-error.ts";
import type { UserInfo } from "#client/transport.ts";
import type { Logger } from "#kit/log.ts";
import type { Credentials } from "../authn/authenticator.ts";
import { impersonated } from "../authn/impersonation.ts";
import type { Attributes } from "../authz/authorizer.ts";
import type { HttpReply, HttpRequest, KnownRequest } from "./exchange.ts";
import type { InFlight } from "./in-flight.ts";
import type { Client, KubeletProxy } from "./kubelet-proxy.ts";
import type { PathHandler } from "./path-router.ts";
import { type RawReply, writeReply } from "./raw-socket.ts";
import { type RequestInfo, requestInfo } from "./request-info.ts";
import type { RequestMetrics } from "./request-metrics.ts";
import { errorReply } from "./response.ts";
import type { ServedResources } from "./served-resources.ts";

/** A request together with what the connection proves about its sender. */
export interface RawRequest extends HttpRequest {
  readonly credentials: Credentials;
}

export interface Handler {
  /** Never rejects: whatever goes wrong becomes a Status. */
  handle(request: RawRequest): Promise<HttpReply>;
  /** Serves a connection that leaves HTTP to its end. Never rejects. */
  upgrade(request: RawRequest, incoming: IncomingMessage, client: Client): Promise<void>;
}

type InfoOf<K extends RequestInfo["kind"]> = Extract<RequestInfo, { kind: K }>;

export interface HandlerOptions {
  readonly served: ServedResources;
  readonly authenticate: (credentials: Credentials) => Promise<UserInfo>;
  /** For what the API is not asked about objects. Throws ApiError `Forbidden`. */
  readonly authorize: (attributes: Attributes) => Promise<void>;
  readonly resources: (request: KnownRequest, info: InfoOf<"resource">) => Promise<HttpReply>;
  readonly connections: Pick<KubeletProxy, "connections" | "upgrade">;
  readonly paths: PathHandler;
  readonly inFlight: InFlight;
  readonly metrics?: RequestMetrics | undefined;
  readonly log: Logger;
}

/** Every request's way from the socket to whoever answers it. */
export function createHandler(options: HandlerOptions): Handler {
  const handle = async (request: RawRequest): Promise<HttpReply> => {
    const finished = options.metrics?.started();
    let info: RequestInfo | undefined;
    let reply: HttpReply;
    try {
      const user = await userOf(request, options);
      info = requestInfo(request, options.served);
      reply = await answer({ ...known(request), user }, info, options);
    } catch (error) {
      reply = errorReply(asApiError(error, request, options.log));
    }
    finished?.(info, request.method, reply.status);
    const { metrics } = options;
    if (!info || !metrics || Buffer.isBuffer(reply.body)) return reply;
    const about = info;
    return { ...reply, body: counted(reply.body, () => metrics.longRunning(about, request.method)) };
  };
  return { handle, upgrade: upgradeHandler(options, handle) };
}

/** Counts from the first chunk that is asked for: a body that nobody begins to read is never ended either. */
async function* counted(body: AsyncIterable<Buffer>, started: () => () => void): AsyncGenerator<Buffer> {
  const ended = started();
  try {
    yield* body;
  } finally {
    ended();
  }
}

function upgradeHandler(options: HandlerOptions, handle: Handler["handle"]): Handler["upgrade"] {
  return async (request, incoming, client) => {
    const finished = options.metrics?.started();
    let info: RequestInfo | undefined;
    let reply: HttpReply;
    try {
      const user = await userOf(request, options);
      info = requestInfo(request, options.served);
      if (info.kind === "connect") {
        await options.authorize(connectionAttributes(user, info));
        await options.connections.upgrade({ ...known(request), user }, info, incoming, client);
        finished?.(info, request.method, 101);
        return;
      }
      reply = await handle(request); // a server may go on without the upgrade, and whatever is no connection does
    } catch (error) {
      reply = errorReply(asApiError(error, request, options.log));
    }
    const body = Buffer.isBuffer(reply.body) ? reply : errorReply(badRequest("this request cannot be upgraded"));
    writeReply(client.socket, body as RawReply);
  };
}

async function userOf(request: RawRequest, options: HandlerOptions): Promise<UserInfo> {
  const caller = await options.authenticate(request.credentials);
  return impersonated(caller, request.headers, options.authorize);
}

/** Spelled out: the parts of a request may be getters, which a spread would not take over. */
const known = ({ method, path, query, headers, body, signal }: RawRequest): HttpRequest => ({
  method,
  path,
  query,
  headers,
  body,
  signal,
});

async function answer(request: KnownRequest, info: RequestInfo, options: HandlerOptions): Promise<HttpReply> {
  if (info.kind === "connect") {
    await options.authorize(connectionAttributes(request.user, info));
    return options.connections.connections(request, info);
  }
  if (info.kind === "resource" && info.verb === "watch") return options.resources(request, info);
  const leave = options.inFlight.enter(isRead(request.method) ? "reading" : "mutating");
  try {
    if (info.kind === "resource") return await options.resources(request, info);
    await options.authorize({ user: request.user, verb: request.method.toLowerCase(), path: info.path });
    return await options.paths(request);
  } finally {
    leave();
  }
}

const connectionAttributes = (user: UserInfo, info: InfoOf<"connect">): Attributes => {
  const { verb, namespace, name, subresource } = info;
  const { group, version, plural } = info.resource;
  return { user, verb, resource: { group, version, plural, subresource, namespace, name } };
};

const isRead = (method: string) => method === "GET" || method === "HEAD" || method === "OPTIONS";

function asApiError(error: unknown, { method, path, signal }: RawRequest, log: Logger): ApiError {
  if (error instanceof ApiError) return error;
  if (!signal.aborted) log.error({ err: error, method, path }, "request failed");
  const message = error instanceof Error ? error.message : String(error);
  return new ApiError("InternalError", `Internal error occurred: ${message}`, { causes: [{ message }] });
}
