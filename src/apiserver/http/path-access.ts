import { ApiError } from "#api/meta/api-error.ts";
import type { UserInfo } from "#client/transport.ts";

/** Paths that anyone may read, and those that anyone may who is known. A star stands for the rest. */
const publicPaths = ["/healthz", "/healthz/*", "/livez", "/livez/*", "/readyz", "/readyz/*", "/version", "/version/"];
const knownPaths = ["/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*"];

/** Throws ApiError `Forbidden` unless `user` may `verb` a path that is no resource. */
export function authorizePath(user: UserInfo, verb: string, path: string): void {
  if (user.groups.includes("system:masters")) return;
  const paths = user.groups.includes("system:authenticated") ? [...publicPaths, ...knownPaths] : publicPaths;
  const reads = verb === "get" || verb === "head";
  if (reads && paths.some((p) => p === path || (p.endsWith("*") && path.startsWith(p.slice(0, -1))))) return;
  const who = `User ${JSON.stringify(user.name)} cannot ${verb} path ${JSON.stringify(path)}`;
  throw new ApiError("Forbidden", `forbidden: ${who}`, {});
}
