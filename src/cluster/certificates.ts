import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { isIP } from "node:net";
import { bits, boolean, type Der, explicit, implicit, integer, octets, oid, sequence, set, time, utf8 } from "./der.ts";

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateRequest {
  readonly commonName: string;
  readonly organizations?: readonly string[];
  /** DNS names and IP addresses. */
  readonly names?: readonly string[];
  readonly usage: "ca" | "server" | "client" | "peer";
  readonly notBefore: number;
  readonly notAfter: number;
}

/** A new ECDSA P-256 key, and a certificate for it signed by `issuer`, or by itself when there is none. */
export function issueCertificate(
  request: CertificateRequest,
  issuer?: KeyPair & { readonly commonName: string },
): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ type: "spki", format: "der" });
  const signer = issuer ? createPrivateKey(issuer.key) : privateKey;
  const issuerSpki = issuer ? createPublicKey(signer).export({ type: "spki", format: "der" }) : spki;
  const content = toBeSigned(request, issuer ? [issuer.commonName, []] : [request.commonName, request.organizations], {
    spki,
    issuerSpki,
  });
  const signature = sign("sha256", content, signer);
  return {
    cert: pem("CERTIFICATE", sequence(content, ecdsaWithSha256, bits(signature))),
    key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
  };
}

const ecdsaWithSha256 = sequence(oid("1.2.840.10045.4.3.2"));

type Name = readonly [commonName: string, organizations: readonly string[] | undefined];

function toBeSigned(request: CertificateRequest, issuer: Name, keys: { spki: Buffer; issuerSpki: Buffer }): Der {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40; // positive, and never shorter than it looks
  return sequence(
    explicit(0, integer(Buffer.from([2]))), // version 3
    integer(serial),
    ecdsaWithSha256,
    distinguishedName(issuer),
    sequence(time(request.notBefore), time(request.notAfter)),
    distinguishedName([request.commonName, request.organizations]),
    keys.spki,
    explicit(3, sequence(...extensions(request, keys))),
  );
}

function distinguishedName([commonName, organizations = []]: Name): Der {
  const part = (type: string, value: string) => set(sequence(oid(type), utf8(value)));
  return sequence(...organizations.map((o) => part("2.5.4.10", o)), part("2.5.4.3", commonName));
}

const usages = {
  ca: { bits: 0x06, unused: 1, purposes: [] }, // keyCertSign, cRLSign
  server: { bits: 0xa0, unused: 5, purposes: ["1.3.6.1.5.5.7.3.1"] }, // digitalSignature, keyEncipherment
  client: { bits: 0xa0, unused: 5, purposes: ["1.3.6.1.5.5.7.3.2"] },
  peer: { bits: 0xa0, unused: 5, purposes: ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"] },
} as const;

function extensions({ usage, names = [] }: CertificateRequest, keys: { spki: Buffer; issuerSpki: Buffer }): Der[] {
  const { bits: mask, unused, purposes } = usages[usage];
  return [
    extension("2.5.29.15", bits(Buffer.from([mask]), unused), "critical"),
    extension("2.5.29.19", sequence(...(usage === "ca" ? [boolean(true)] : [])), "critical"),
    ...(purposes.length > 0 ? [extension("2.5.29.37", sequence(...purposes.map(oid)))] : []),
    extension("2.5.29.14", octets(keyId(keys.spki))),
    extension("2.5.29.35", sequence(implicit(0, keyId(keys.issuerSpki)))),
    ...(names.length > 0 ? [extension("2.5.29.17", sequence(...names.map(generalName)))] : []),
  ];
}

const extension = (id: string, value: Der, critical?: "critical"): Der =>
  sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value));

/** The usual way: SHA-1 of the key, which names it and proves nothing. */
const keyId = (spki: Buffer) => createHash("sha1").update(spki.subarray(-65)).digest();

const generalName = (name: string): Der =>
  isIP(name) ? implicit(7, addressBytes(name)) : implicit(2, Buffer.from(name, "latin1"));

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  const [head = "", tail] = address.split("::");
  const words = (text: string) => text.split(":").filter(Boolean);
  const [left, right] = [words(head), words(tail ?? "")];
  const zeros = tail === undefined ? [] : new Array<string>(8 - left.length - right.length).fill("0");
  return Buffer.from([...left, ...zeros, ...right].map((word) => word.padStart(4, "0")).join(""), "hex");
}

function pem(label: string, der: Der): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
