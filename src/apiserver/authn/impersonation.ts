import type { IncomingHttpHeaders } from "node:http";
import { badRequest } from "#api/meta/api-error.ts";
import type { UserInfo } from "#client/transport.ts";
import type { Attributes, ResourceAttributes } from "../authz/authorizer.ts";
import { anonymousUser, authenticatedGroup, unauthenticatedGroup } from "../authz/groups.ts";
import { withGroup } from "./authenticator.ts";

/** Throws ApiError `Forbidden`. */
type Authorize = (attributes: Attributes) => Promise<void>;

/** Who the request counts as: whom the Impersonate headers name, if the caller may. Throws ApiError. */
export async function impersonated(
  user: UserInfo,
  headers: IncomingHttpHeaders,
  authorize: Authorize,
): Promise<UserInfo> {
  const target = targetOf(headers);
  if (!target) return user;
  for (const resource of impersonatedParts(target)) await authorize({ user, verb: "impersonate", resource });
  return target.name === anonymousUser.name
    ? withGroup(target, unauthenticatedGroup)
    : withGroup(target, authenticatedGroup);
}

/** Everything that the headers name, as the objects that one must be allowed to impersonate. */
function impersonatedParts({ name, groups, uid, extra = {} }: UserInfo): readonly ResourceAttributes[] {
  const account = serviceAccountOf(name);
  const core = { group: "", version: "v1" };
  const authentication = { group: "authentication.k8s.io", version: "v1" };
  return [
    account ? { ...core, plural: "serviceaccounts", ...account } : { ...core, plural: "users", name },
    ...groups
      .filter((group) => !account || !serviceAccountGroups(name).includes(group))
      .map((group) => ({ ...core, plural: "groups", name: group })),
    ...(uid ? [{ ...authentication, plural: "uids", name: uid }] : []),
    ...Object.entries(extra).flatMap(([key, values]) =>
      values.map((value) => ({ ...authentication, plural: "userextras", subresource: key, name: value })),
    ),
  ];
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

function serviceAccountOf(user: string): { namespace: string; name: string } | undefined {
  const [, , namespace, name] = user.startsWith("system:serviceaccount:") ? user.split(":") : [];
  return namespace && name ? { namespace, name } : undefined;
}

function serviceAccountGroups(user: string): string[] {
  const account = serviceAccountOf(user);
  return account ? ["system:serviceaccounts", `system:serviceaccounts:${account.namespace}`] : [];
}

const first = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value);

/** Node puts repeated headers that it does not know into one, with commas between. */
const all = (value: string | string[] | undefined) =>
  (Array.isArray(value) ? value : (value?.split(", ") ?? [])).filter(Boolean);
