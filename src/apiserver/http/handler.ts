import { ApiError } from "#api/meta/api-error.ts";
import type { UserInfo } from "#client/transport.ts";
import type { Logger } from "#kit/log.ts";
import type { Credentials } from "../authn/authenticator.ts";
import { impersonated, type MayImpersonate, mastersMayImpersonate } from "../authn/impersonation.ts";
import type { HttpReply, HttpRequest, KnownRequest } from "./exchange.ts";
import type { InFlight } from "./in-flight.ts";
import type { PathHandler } from "./path-router.ts";
import { type RequestInfo, requestInfo } from "./request-info.ts";
import type { RequestMetrics } from "./request-metrics.ts";
import { errorReply } from "./response.ts";
import type { ServedResources } from "./served-resources.ts";

/** A request together with what the connection proves about its sender. */
export interface RawRequest extends HttpRequest {
  readonly credentials: Credentials;
}

export type Handler = (request: RawRequest) => Promise<HttpReply>;

type InfoOf<K extends RequestInfo["kind"]> = Extract<RequestInfo, { kind: K }>;

export interface HandlerOptions {
  readonly served: ServedResources;
  readonly authenticate: (credentials: Credentials) => Promise<UserInfo>;
  readonly mayImpersonate?: MayImpersonate;
  /** Throws ApiError `Forbidden`. */
  readonly authorizePath: (user: UserInfo, verb: string, path: string) => void | Promise<void>;
  readonly resources: (request: KnownRequest, info: InfoOf<"resource">) => Promise<HttpReply>;
  readonly connections: (request: KnownRequest, info: InfoOf<"connect">) => Promise<HttpReply>;
  readonly paths: PathHandler;
  readonly inFlight: InFlight;
  readonly metrics?: RequestMetrics | undefined;
  readonly log: Logger;
}

/** Every request's way from the socket to whoever answers it. Never rejects: whatever goes wrong becomes a Status. */
export function createHandler(options: HandlerOptions): Handler {
  return async (request) => {
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
    return reply;
  };
}

async function userOf(request: RawRequest, options: HandlerOptions): Promise<UserInfo> {
  const caller = await options.authenticate(request.credentials);
  return impersonated(caller, request.headers, options.mayImpersonate ?? mastersMayImpersonate);
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
  if (info.kind === "connect") return options.connections(request, info);
  if (info.kind === "resource" && info.verb === "watch") return options.resources(request, info);
  const leave = options.inFlight.enter(isRead(request.method) ? "reading" : "mutating");
  try {
    if (info.kind === "resource") return await options.resources(request, info);
    await options.authorizePath(request.user, request.method.toLowerCase(), info.path);
    return await options.paths(request);
  } finally {
    leave();
  }
}

const isRead = (method: string) => method === "GET" || method === "HEAD" || method === "OPTIONS";

function asApiError(error: unknown, { method, path, signal }: RawRequest, log: Logger): ApiError {
  if (error instanceof ApiError) return error;
  if (!signal.aborted) log.error({ err: error, method, path }, "request failed");
  const message = error instanceof Error ? error.message : String(error);
  return new ApiError("InternalError", `Internal error occurred: ${message}`, { causes: [{ message }] });
}
