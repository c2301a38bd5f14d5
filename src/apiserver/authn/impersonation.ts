import type { IncomingHttpHeaders } from "node:http";
import { ApiError, badRequest } from "#api/meta/api-error.ts";
import type { UserInfo } from "#client/transport.ts";
import { withGroup } from "./authenticator.ts";

/** Whether `user` may act as `target`. */
export type MayImpersonate = (user: UserInfo, target: UserInfo) => boolean | Promise<boolean>;

export const mastersMayImpersonate: MayImpersonate = (user) => user.groups.includes("system:masters");

/** Who the request counts as: whom the Impersonate headers name, if the caller may. Throws ApiError. */
export async function impersonated(
  user: UserInfo,
  headers: IncomingHttpHeaders,
  may: MayImpersonate,
): Promise<UserInfo> {
  const target = targetOf(headers);
  if (!target) return user;
  if (!(await may(user, target))) {
    const who = `User ${JSON.stringify(user.name)} cannot impersonate resource "users" in API group "" at the cluster scope`;
    throw new ApiError("Forbidden", `users ${JSON.stringify(target.name)} is forbidden: ${who}`, {
      name: target.name,
      kind: "users",
    });
  }
  return target.name === "system:anonymous"
    ? withGroup(target, "system:unauthenticated")
    : withGroup(target, "system:authenticated");
}

function targetOf(headers: IncomingHttpHeaders): UserInfo | undefined {
  const name = first(headers["impersonate-user"]);
  const groups = all(headers["impersonate-group"]);
  const uid = first(headers["impersonate-uid"]);
  const extra: Record<string, string[]> = {};
  for (const [header, value] of Object.entries(headers)) {
    if (header.startsWith("impersonate-extra-")) {
      extra[decodeURIComponent(header.slice("impersonate-extra-".length))] = all(value);
    }
  }
  const hasExtra = Object.keys(extra).length > 0;
  if (!name) {
    if (groups.length > 0 || uid || hasExtra)
      throw badRequest("requested groups, uid or extra without impersonating a user");
    return undefined;
  }
  return {
    name,
    ...(uid && { uid }),
    groups: groups.length > 0 ? groups : serviceAccountGroups(name),
    ...(hasExtra && { extra }),
  };
}

function serviceAccountGroups(name: string): string[] {
  const [, , namespace, account] = name.startsWith("system:serviceaccount:") ? name.split(":") : [];
  return namespace && account ? ["system:serviceaccounts", `system:serviceaccounts:${namespace}`] : [];
}

const first = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value);

/** Node puts repeated headers that it does not know into one, with commas between. */
const all = (value: string | string[] | undefined) =>
  (Array.isArray(value) ? value : (value?.split(", ") ?? [])).filter(Boolean);
