import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type JsonWebKey,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";

/** A key pair that signs JSON Web Tokens, and how others name and check it. */
export interface SigningKey {
  readonly id: string;
  readonly algorithm: Algorithm;
  /** The public half, as an entry of a JWK set. */
  readonly jwk: JsonWebKey & { readonly use: "sig"; readonly kid: string; readonly alg: string };
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

type Algorithm = "RS256" | "ES256";

/** What a token says, with nobody having looked at its signature. */
export interface Unverified {
  readonly header: { readonly alg?: unknown; readonly kid?: unknown };
  readonly claims: Readonly<Record<string, unknown>>;
  readonly signed: Buffer;
  readonly signature: Buffer;
}

/** Reads a private key in PEM. Throws Error when it is of a kind that signs no tokens. */
export function signingKey(pem: string): SigningKey {
  const privateKey = createPrivateKey(pem);
  const publicKey = createPublicKey(privateKey);
  const algorithm = algorithmOf(privateKey);
  const id = createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("base64url");
  const jwk = { use: "sig", ...publicKey.export({ format: "jwk" }), kid: id, alg: algorithm } as const;
  return { id, algorithm, jwk, privateKey, publicKey };
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): Algorithm {
  if (asymmetricKeyType === "rsa") return "RS256";
  if (asymmetricKeyType === "ec" && asymmetricKeyDetails?.namedCurve === "prime256v1") return "ES256";
  throw new Error("the key of service accounts must be RSA, or EC on the curve P-256");
}

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** JWS takes the two numbers of an EC signature side by side; Node's default is another form. */
const form = (key: KeyObject) => ({ key, dsaEncoding: "ieee-p1363" }) as const;

export function signToken(key: SigningKey, claims: object): string {
  const text = `${encoded({ alg: key.algorithm, kid: key.id })}.${encoded(claims)}`;
  return `${text}.${sign("sha256", Buffer.from(text), form(key.privateKey)).toString("base64url")}`;
}

/** `undefined` for what is no JSON Web Token. */
export function readToken(token: string): Unverified | undefined {
  const parts = token.split(".");
  const [header = "", claims = "", signature = ""] = parts;
  if (parts.length !== 3 || !signature) return undefined;
  try {
    const [head, body] = [header, claims].map((part) => JSON.parse(Buffer.from(part, "base64url").toString()));
    if (typeof head !== "object" || typeof body !== "object" || !head || !body) return undefined;
    const signed = Buffer.from(`${header}.${claims}`);
    return { header: head, claims: body, signed, signature: Buffer.from(signature, "base64url") };
  } catch {
    return undefined; // something with two dots in it
  }
}

export const isSignedBy = ({ algorithm, publicKey }: SigningKey, { header, signed, signature }: Unverified): boolean =>
  header.alg === algorithm && verify("sha256", signed, form(publicKey), signature);
