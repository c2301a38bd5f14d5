import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import { join } from "node:path";
import type { Clock } from "#kit/clock.ts";
import { type CertificateRequest, issueCertificate, type KeyPair } from "./certificates.ts";

export interface PkiOptions {
  /** Holds the files; made when it is missing. */
  readonly dir: string;
  /** Names and addresses under which clients reach the server, besides those every cluster has. */
  readonly names: readonly string[];
  /** The first address of the Service range, where pods find the server. */
  readonly serviceIp: string;
  readonly clusterDomain?: string;
  readonly clock: Clock;
}

/** All keys and certificates of a control plane, PEM. */
export interface Pki {
  readonly ca: KeyPair;
  readonly apiserver: KeyPair;
  readonly admin: KeyPair;
  readonly controllerManager: KeyPair;
  readonly scheduler: KeyPair;
  /** What the server shows to kubelets. */
  readonly kubeletClient: KeyPair;
  /** Signs the tokens of service accounts. */
  readonly serviceAccountKey: string;
  /** What a node proves itself with. */
  nodeClient(nodeName: string): Promise<KeyPair>;
  /** What a kubelet shows to the server, under the node's name and addresses. */
  nodeServing(nodeName: string, addresses: readonly string[]): Promise<KeyPair>;
}

const day = 24 * 3600 * 1000;
const caDays = 3650;
const leafDays = 365;
/** A certificate that ends within this time is made anew at the next start. */
const renewWithin = 30 * day;
/** Clocks of machines differ; a certificate is valid from a little before it was made. */
const backdate = 3600 * 1000;

const caName = "minik8s-ca";

/** Reads the files below `dir`; makes those that are missing, about to end, from another authority or for other names. */
export async function openPki({
  dir,
  names,
  serviceIp,
  clusterDomain = "cluster.local",
  clock,
}: PkiOptions): Promise<Pki> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const ca = await certificateAuthority(dir, clock);
  const issue = (file: string, request: Leaf) => leaf(dir, file, request, ca, clock);
  const client = (file: string, commonName: string, ...organizations: string[]) =>
    issue(file, { commonName, organizations, usage: "client" });
  const [apiserver, admin, controllerManager, scheduler, kubeletClient, serviceAccountKey] = await Promise.all([
    issue("apiserver", {
      commonName: "kube-apiserver",
      names: [...new Set([...serverNames(clusterDomain), serviceIp, ...names])],
      usage: "server",
    }),
    client("admin", "kubernetes-admin", "system:masters"),
    client("controller-manager", "system:kube-controller-manager"),
    client("scheduler", "system:kube-scheduler"),
    client("apiserver-kubelet-client", "kube-apiserver-kubelet-client", "system:masters"),
    signingKey(join(dir, "service-account.key")),
  ]);
  return {
    ca,
    apiserver,
    admin,
    controllerManager,
    scheduler,
    kubeletClient,
    serviceAccountKey,
    nodeClient: (node) => client(`node-${node}`, `system:node:${node}`, "system:nodes"),
    nodeServing: (node, addresses) =>
      issue(`kubelet-${node}`, {
        commonName: `system:node:${node}`,
        organizations: ["system:nodes"],
        names: [...new Set([node, ...addresses])],
        usage: "server",
      }),
  };
}

const serverNames = (domain: string) => [
  "kubernetes",
  "kubernetes.default",
  "kubernetes.default.svc",
  `kubernetes.default.svc.${domain}`,
  "localhost",
  "127.0.0.1",
  "::1",
];

type Leaf = Omit<CertificateRequest, "notBefore" | "notAfter">;

async function certificateAuthority(dir: string, clock: Clock): Promise<KeyPair> {
  const request: Leaf = { commonName: caName, usage: "ca" };
  const found = await readPair(dir, "ca");
  if (found && isGood(found, request, undefined, clock.now())) return found;
  return savePair(dir, "ca", issueCertificate(validFor(request, caDays, clock.now())));
}

async function leaf(dir: string, file: string, request: Leaf, ca: KeyPair, clock: Clock): Promise<KeyPair> {
  const found = await readPair(dir, file);
  if (found && isGood(found, request, ca, clock.now())) return found;
  const made = issueCertificate(validFor(request, leafDays, clock.now()), { ...ca, commonName: caName });
  return savePair(dir, file, made);
}

const validFor = (request: Leaf, days: number, now: number): CertificateRequest => ({
  ...request,
  notBefore: now - backdate,
  notAfter: now + days * day,
});

/** Whether the certificate still is what would be made now. */
function isGood({ cert }: KeyPair, { commonName, names = [] }: Leaf, ca: KeyPair | undefined, now: number): boolean {
  try {
    const found = new X509Certificate(cert);
    const has = new Set((found.subjectAltName ?? "").split(", "));
    return (
      found.subject.split("\n").includes(`CN=${commonName}`) &&
      Date.parse(found.validTo) - now > renewWithin &&
      Date.parse(found.validFrom) <= now &&
      names.every((name) => (isIP(name) ? found.checkIP(name) !== undefined : has.has(`DNS:${name}`))) &&
      (!ca || found.verify(new X509Certificate(ca.cert).publicKey))
    );
  } catch {
    return false; // a file that is no certificate is replaced like one that has ended
  }
}

async function signingKey(path: string): Promise<string> {
  const found = await readIfThere(path);
  if (found) return found;
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return save(path, privateKey.export({ type: "pkcs8", format: "pem" }) as string);
}

async function readPair(dir: string, file: string): Promise<KeyPair | undefined> {
  const [cert, key] = await Promise.all([readIfThere(join(dir, `${file}.crt`)), readIfThere(join(dir, `${file}.key`))]);
  return cert && key ? { cert, key } : undefined;
}

async function savePair(dir: string, file: string, pair: KeyPair): Promise<KeyPair> {
  await save(join(dir, `${file}.key`), pair.key); // first: a certificate never stands without its key
  await save(join(dir, `${file}.crt`), pair.cert);
  return pair;
}

/** Never half a file, never readable by others. */
async function save(path: string, text: string): Promise<string> {
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await chmod(`${path}.new`, 0o600); // the mode above holds for new files only
  await rename(`${path}.new`, path);
  return text;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
