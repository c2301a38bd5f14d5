import { createHash, generateKeyPairSync, randomUUID } from "node:crypto";
import type { UserInfo } from "#client/transport.ts";
import type { Clock } from "#kit/clock.ts";
import { type AccountClaims, accountUser, legacy, type TokenClaims, userOf } from "./account-claims.ts";
import type { LiveObjects } from "./live-objects.ts";
import { isSignedBy, readToken, type SigningKey, signingKey, signToken } from "./signed-token.ts";

export interface TokenAuthorityOptions {
  /** Private key, PEM. Without it one is made that lasts as long as the process. */
  readonly key?: string | undefined;
  readonly issuer?: string;
  readonly live: LiveObjects;
  readonly clock: Clock;
}

export interface Verified {
  readonly user: UserInfo;
  /** Whom the token is for, among those who were asked about. */
  readonly audiences: readonly string[];
}

/** What cannot be believed, and why. */
export class InvalidToken extends Error {}

export const defaultIssuer = "https://kubernetes.default.svc.cluster.local";

/** Tokens whose signature was found right are remembered: checking one costs more than all the rest of a small request. */
interface Checked {
  readonly claims: TokenClaims | undefined;
  readonly legacy: LegacyClaims | undefined;
  readonly user: UserInfo;
}

interface LegacyClaims {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly secret: string;
}

const rememberedTokens = 4096;

/** Makes the tokens of service accounts, and tells who brings one. */
export class TokenAuthority {
  readonly issuer: string;
  /** Who these tokens are for when nobody else is named: this API. */
  readonly audiences: readonly string[];
  readonly #options: TokenAuthorityOptions;
  #key: SigningKey | undefined;
  /** By the token's digest, the oldest first. */
  readonly #checked = new Map<string, Checked>();

  constructor(options: TokenAuthorityOptions) {
    this.#options = options;
    this.issuer = options.issuer ?? defaultIssuer;
    this.audiences = [this.issuer];
  }

  /** Read when it is first needed: not every start signs a token. */
  get key(): SigningKey {
    this.#key ??= signingKey(this.#options.key ?? newKey());
    return this.#key;
  }

  issue(account: AccountClaims, { audiences, seconds }: { audiences: readonly string[]; seconds: number }): string {
    const now = Math.floor(this.#options.clock.now() / 1000);
    const claims: TokenClaims = {
      aud: audiences,
      exp: now + seconds,
      iat: now,
      iss: this.issuer,
      jti: randomUUID(),
      "kubernetes.io": account,
      nbf: now,
      sub: accountUser(account.namespace, account.serviceaccount.name),
    };
    return signToken(this.key, claims);
  }

  /** A token to be kept in a Secret; it is valid as long as that. */
  issueLegacy({ namespace, name, uid, secret }: LegacyClaims): string {
    return signToken(this.key, {
      iss: legacy.issuer,
      [legacy.namespace]: namespace,
      [legacy.secret]: secret,
      [legacy.name]: name,
      [legacy.uid]: uid,
      sub: accountUser(namespace, name),
    });
  }

  /** Who brings the token; `undefined` when it is not one of these. Throws InvalidToken. */
  verify(token: string, audiences: readonly string[] = this.audiences): Verified | undefined {
    const checked = this.#check(token);
    if (!checked) return undefined;
    const { claims, user } = checked;
    if (!claims) {
      this.#checkLegacy(token, checked.legacy as LegacyClaims);
      return { user, audiences: this.audiences.filter((each) => audiences.includes(each)) };
    }
    const now = this.#options.clock.now() / 1000;
    if (claims.exp < now) throw new InvalidToken("service account token has expired");
    if (claims.nbf > now + clockSkewSeconds) throw new InvalidToken("service account token is not valid yet");
    const common = claims.aud.filter((each) => audiences.includes(each));
    if (common.length === 0) {
      const [got, want] = [claims.aud, audiences].map((list) => JSON.stringify(list));
      throw new InvalidToken(`token audiences ${got} is invalid for the target audiences ${want}`);
    }
    const gone = this.#options.live.objection(claims["kubernetes.io"]);
    if (gone) throw new InvalidToken(gone);
    return { user, audiences: common };
  }

  #check(token: string): Checked | undefined {
    const id = createHash("sha256").update(token).digest("base64");
    const known = this.#checked.get(id);
    if (known) return known;
    const unverified = readToken(token);
    const { iss } = unverified?.claims ?? {};
    if (!unverified || (iss !== this.issuer && iss !== legacy.issuer)) return undefined;
    if (!isSignedBy(this.key, unverified)) throw new InvalidToken("invalid bearer token");
    const checked = iss === legacy.issuer ? legacyClaims(unverified.claims) : boundClaims(unverified.claims);
    if (!checked) throw new InvalidToken("invalid bearer token");
    if (this.#checked.size >= rememberedTokens) this.#checked.delete(this.#checked.keys().next().value as string);
    this.#checked.set(id, checked);
    return checked;
  }

  #checkLegacy(token: string, { namespace, name, uid, secret }: LegacyClaims): void {
    const { live } = this.#options;
    const why = live.objection({ namespace, serviceaccount: { name, uid } });
    if (why) throw new InvalidToken(why);
    if (live.tokenIn(namespace, secret) !== token) throw new InvalidToken("service account token has been invalidated");
  }
}

/** Clocks of several servers differ. */
const clockSkewSeconds = 60;

const newKey = (): string =>
  generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" }) as string;

function boundClaims(claims: Readonly<Record<string, unknown>>): Checked | undefined {
  const own = claims["kubernetes.io"] as AccountClaims | undefined;
  if (!own?.namespace || !own.serviceaccount?.name || typeof claims.exp !== "number") return undefined;
  if (claims.sub !== accountUser(own.namespace, own.serviceaccount.name)) return undefined;
  const aud = [claims.aud ?? []].flat() as string[];
  const all = { nbf: 0, ...claims, aud } as unknown as TokenClaims;
  return { claims: all, legacy: undefined, user: Object.freeze(userOf(own, all.jti)) };
}

function legacyClaims(claims: Readonly<Record<string, unknown>>): Checked | undefined {
  const [namespace, name, uid, secret] = [legacy.namespace, legacy.name, legacy.uid, legacy.secret].map(
    (each) => claims[each],
  ) as string[];
  if (!namespace || !name || !uid || !secret || claims.sub !== accountUser(namespace, name)) return undefined;
  const user = userOf({ namespace, serviceaccount: { name, uid } }, undefined);
  return { claims: undefined, legacy: { namespace, name, uid, secret }, user: Object.freeze(user) };
}
