import type { TokenReviewSpec, TokenReviewStatus } from "#api/authentication/v1/token-review.ts";
import { badRequest } from "#api/meta/api-error.ts";
import type { UserInfo } from "#client/transport.ts";
import type { Credentials } from "../authn/authenticator.ts";
import { InvalidToken, type TokenAuthority } from "../tokens/token-authority.ts";

export interface TokenApi {
  readonly tokens: Pick<TokenAuthority, "verify" | "audiences">;
  /** Throws ApiError `Unauthorized`. */
  readonly authenticate: (credentials: Credentials) => Promise<UserInfo>;
}

export const userInfo = ({ name, uid, groups, extra }: UserInfo) => ({
  username: name,
  ...(uid && { uid }),
  groups: [...groups],
  ...(extra && { extra: { ...extra } }),
});

/** Whose a token is. Throws ApiError `BadRequest` when none is given. */
export async function tokenReview(api: TokenApi, spec: TokenReviewSpec): Promise<TokenReviewStatus> {
  const { token } = spec;
  if (!token) throw badRequest("token is required for TokenReview in authentication");
  const asked = spec.audiences?.length ? spec.audiences : undefined;
  try {
    const verified = api.tokens.verify(token, asked);
    const found = verified ?? (await otherToken(api, token, asked ?? api.tokens.audiences));
    return { authenticated: true, user: userInfo(found.user), audiences: [...found.audiences] };
  } catch (error) {
    const why = error instanceof InvalidToken ? error.message : "invalid bearer token";
    return { user: {}, error: why };
  }
}

/** Tokens that say nothing about whom they are for are for this API. Throws ApiError `Unauthorized`. */
async function otherToken({ tokens, authenticate }: TokenApi, token: string, asked: readonly string[]) {
  const audiences = tokens.audiences.filter((each) => asked.includes(each));
  if (audiences.length === 0) throw new InvalidToken("token is not valid for the requested audiences");
  return { user: await authenticate({ authorization: `Bearer ${token}` }), audiences };
}
