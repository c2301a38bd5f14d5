import type { TokenAuthority } from "../tokens/token-authority.ts";
import type { HttpReply } from "./exchange.ts";
import type { PathTable } from "./path-router.ts";

/** By which others check the tokens of service accounts: OpenID Connect discovery. */
export function issuerPaths(tokens: TokenAuthority): PathTable {
  const keys = "/openid/v1/jwks";
  return {
    "/.well-known/openid-configuration": () =>
      document("application/json", {
        issuer: tokens.issuer,
        jwks_uri: `${tokens.issuer}${keys}`,
        response_types_supported: ["id_token"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: [tokens.key.algorithm],
      }),
    [keys]: () => document("application/jwk-set+json", { keys: [tokens.key.jwk] }),
  };
}

const document = (type: string, value: object): HttpReply => ({
  status: 200,
  headers: { "content-type": type, "cache-control": "public, max-age=3600" },
  body: Buffer.from(JSON.stringify(value)),
});
