import { ApiError } from "#api/meta/api-error.ts";
import type { UserInfo } from "#client/transport.ts";
import { anonymousUser, authenticatedGroup } from "../authz/groups.ts";

/** What the TLS layer knows about the caller's certificate. */
export interface ClientCertificate {
  /** Signed by one of our authorities for use by a client, and valid now. */
  readonly verified: boolean;
  readonly commonName: string;
  readonly organizations: readonly string[];
}

export interface Credentials {
  readonly certificate?: ClientCertificate | undefined;
  /** The Authorization header. */
  readonly authorization?: string | undefined;
}

/** Who the credentials belong to; `undefined` when they are of another sort. Throws ApiError `Unauthorized` when they are wrong. */
export type Authenticator = (credentials: Credentials) => UserInfo | undefined | Promise<UserInfo | undefined>;

export const unauthorized = () => new ApiError("Unauthorized", "Unauthorized");

/**
 * Asks one after the other until one knows the caller. Wrong credentials fail only when no other sort is right;
 * without any, the caller is anonymous.
 */
export function authenticatorUnion(authenticators: readonly Authenticator[]): (c: Credentials) => Promise<UserInfo> {
  return async (credentials) => {
    let failure: unknown;
    for (const authenticator of authenticators) {
      try {
        const user = await authenticator(credentials);
        if (user) return withGroup(user, authenticatedGroup);
      } catch (error) {
        failure = error;
      }
    }
    if (failure) throw failure;
    if (bearerToken(credentials) !== undefined) throw unauthorized();
    return anonymousUser;
  };
}

export function bearerToken({ authorization }: Credentials): string | undefined {
  const match = /^Bearer\s+(\S*)\s*$/i.exec(authorization ?? "");
  return match?.[1] || undefined;
}

export const withGroup = (user: UserInfo, group: string): UserInfo =>
  user.groups.includes(group) ? user : { ...user, groups: [...user.groups, group] };
