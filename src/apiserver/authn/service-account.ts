import type { TokenAuthority } from "../tokens/token-authority.ts";
import { InvalidToken } from "../tokens/token-authority.ts";
import { type Authenticator, bearerToken, unauthorized } from "./authenticator.ts";

/** Who brings a token of a service account is that account. */
export function accountAuthenticator(tokens: TokenAuthority): Authenticator {
  return (credentials) => {
    const token = bearerToken(credentials);
    if (token === undefined) return undefined;
    try {
      return tokens.verify(token)?.user;
    } catch (error) {
      throw error instanceof InvalidToken ? unauthorized() : error;
    }
  };
}
