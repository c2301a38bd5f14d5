import { ApiError, badRequest } from "#api/meta/api-error.ts";
import { isTrue } from "#api/meta/query-flag.ts";
import type { Resource, Subresource } from "#api/resource.ts";
import type { Verb } from "#client/transport.ts";
import type { ServedResources } from "./served-resources.ts";
import { type Connection, isConnection, verbsOf } from "./subresource-kinds.ts";

/** What a request asks for. */
export type RequestInfo =
  | {
      readonly kind: "resource";
      readonly verb: Verb;
      readonly resource: Resource;
      readonly namespace?: string | undefined;
      readonly name?: string | undefined;
      readonly subresource?: Subresource | undefined;
    }
  | {
      readonly kind: "connect";
      readonly verb: Verb;
      readonly resource: Resource;
      readonly namespace?: string | undefined;
      readonly name: string;
      readonly subresource: Connection;
      /** What follows the subresource, for `proxy`; starts with a slash when there is any. */
      readonly rest: string;
    }
  | { readonly kind: "path"; readonly path: string };

/** Methods that each subresource answers to. */
const subresourceMethods: Readonly<Record<Subresource, readonly string[]>> = {
  status: ["GET", "PUT", "PATCH"],
  scale: ["GET", "PUT", "PATCH"],
  finalize: ["PUT"],
  binding: ["POST"],
  eviction: ["POST"],
  token: ["POST"],
  log: ["GET"],
  exec: ["GET", "POST"],
  attach: ["GET", "POST"],
  portforward: ["GET", "POST"],
  proxy: ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"],
};

export const noSuchPath = () =>
  new ApiError("NotFound", "the server could not find the requested resource", { causes: [] });

const methodNotAllowed = () =>
  new ApiError("MethodNotAllowed", "the server does not allow this method on the requested resource");

/** Throws ApiError: `NotFound` for paths below a served group that are none, `MethodNotAllowed`, `BadRequest`. */
export function requestInfo(
  request: { readonly method: string; readonly path: string; readonly query: URLSearchParams },
  served: ServedResources,
): RequestInfo {
  const segments = request.path
    .split("/")
    .filter((part) => part !== "")
    .map(unescaped);
  const [root, first, second] = segments;
  if (root === "api" && first !== undefined) {
    if (segments.length === 2) return { kind: "path", path: request.path };
    return resourceInfo(request, served, "", first, segments.slice(2));
  }
  if (root === "apis" && first !== undefined && second !== undefined && segments.length > 3) {
    return resourceInfo(request, served, first, second, segments.slice(3));
  }
  return { kind: "path", path: request.path };
}

function resourceInfo(
  request: { readonly method: string; readonly query: URLSearchParams },
  served: ServedResources,
  group: string,
  version: string,
  segments: readonly string[],
): RequestInfo {
  const watchPrefix = segments[0] === "watch" && segments.length > 1;
  const { namespace, plural, name, rest } = split(watchPrefix ? segments.slice(1) : segments);
  const resource = served.find(group, version, plural);
  if (!resource || (resource.scope === "Cluster" && namespace !== undefined)) throw noSuchPath();
  if (resource.scope === "Namespaced" && namespace === undefined && name !== undefined) throw noSuchPath();
  const [subresource, ...further] = rest;
  if (subresource === undefined) {
    // only paths and proxies know these
    if (request.method === "HEAD" || request.method === "OPTIONS") throw methodNotAllowed();
    const verb = watchPrefix ? watchVerb(request.method) : verbOf(request, name);
    if (resource.scope === "Namespaced" && namespace === undefined && verb !== "list" && verb !== "watch") {
      throw methodNotAllowed();
    }
    if (!verbsOf(resource).includes(verb)) throw methodNotAllowed();
    return { kind: "resource", verb, resource, namespace, name };
  }
  if (!isServed(resource, subresource) || name === undefined) throw noSuchPath();
  if (!subresourceMethods[subresource].includes(request.method)) throw methodNotAllowed();
  const verb = verbOfMethod(request.method, name);
  if (isConnection(subresource)) {
    const below = further.length > 0 ? `/${further.join("/")}` : "";
    if (below && subresource !== "proxy") throw noSuchPath();
    return { kind: "connect", verb, resource, namespace, name, subresource, rest: below };
  }
  if (further.length > 0) throw noSuchPath();
  return { kind: "resource", verb, resource, namespace, name, subresource };
}

/** `namespaces/N/status` and `namespaces/N/finalize` are about the namespace itself, `namespaces/N/pods` about what is in it. */
function split(segments: readonly string[]) {
  const [first = "", second, third] = segments;
  const within = first === "namespaces" && third !== undefined && third !== "status" && third !== "finalize";
  if (!within) return { plural: first, name: second, rest: segments.slice(2) };
  return { namespace: second, plural: third, name: segments[3], rest: segments.slice(4) };
}

function isServed(resource: Resource, subresource: string): subresource is Subresource {
  return (resource.subresources as readonly string[]).includes(subresource);
}

function verbOf({ method, query }: { method: string; query: URLSearchParams }, name: string | undefined): Verb {
  const verb = verbOfMethod(method, name);
  if (verb === "list" && isTrue(query.get("watch"))) return "watch";
  return verb;
}

function watchVerb(method: string): Verb {
  if (method !== "GET") throw methodNotAllowed();
  return "watch";
}

function verbOfMethod(method: string, name: string | undefined): Verb {
  const one = name !== undefined;
  switch (method) {
    case "GET":
      return one ? "get" : "list";
    case "POST":
      return "create";
    case "PUT":
      if (one) return "update";
      break;
    case "PATCH":
      if (one) return "patch";
      break;
    case "DELETE":
      return one ? "delete" : "deletecollection";
    case "HEAD":
    case "OPTIONS":
      return "get";
  }
  throw methodNotAllowed();
}

function unescaped(segment: string): string {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    throw badRequest(`invalid URL escape in "${segment}"`); // decodeURIComponent knows no other failure
  }
}
