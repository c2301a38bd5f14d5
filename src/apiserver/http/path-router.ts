import { ApiError } from "#api/meta/api-error.ts";
import type { HttpReply, KnownRequest } from "./exchange.ts";
import { noSuchPath } from "./request-info.ts";

export type PathHandler = (request: KnownRequest) => HttpReply | Promise<HttpReply>;

/** Handlers by path; one that ends in a star takes all that lies below, the longest first. Only GET and HEAD are answered. */
export type PathTable = Readonly<Record<string, PathHandler>>;

export function routePaths(table: PathTable): PathHandler {
  const below = Object.entries(table)
    .filter(([path]) => path.endsWith("*"))
    .map(([path, handler]) => ({ prefix: path.slice(0, -1), handler }))
    .toSorted((a, b) => b.prefix.length - a.prefix.length);
  return (request) => {
    const path = request.path.length > 1 ? request.path.replace(/\/+$/, "") : request.path;
    const exact = Object.hasOwn(table, path) ? table[path] : undefined;
    const handler = exact ?? below.find(({ prefix }) => path.startsWith(prefix))?.handler;
    if (!handler) throw noSuchPath();
    if (request.method !== "GET" && request.method !== "HEAD") {
      throw new ApiError("MethodNotAllowed", "the server does not allow this method on the requested resource");
    }
    return handler(request);
  };
}
