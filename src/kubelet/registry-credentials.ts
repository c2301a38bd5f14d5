import type { Secret } from "#api/core/v1/secret.ts";
import type { RegistryAuth } from "./runtime/runtime.ts";

const defaultRegistry = "docker.io";

/** The credentials that secrets hold for the registry of an image, the most specific first. */
export function credentialsFor(image: string, secrets: readonly Secret[]): RegistryAuth[] {
  const target = placeOf(image);
  return secrets
    .flatMap(entriesOf)
    .filter(({ place }) => covers(place, target))
    .sort((a, b) => b.place.length - a.place.length)
    .map(({ auth }) => auth);
}

interface Entry {
  /** Host and, where given, the beginning of the path: `registry.example.com/team`. */
  readonly place: string;
  readonly auth: RegistryAuth;
}

interface StoredAuth {
  readonly username?: string;
  readonly password?: string;
  readonly auth?: string;
  readonly identitytoken?: string;
}

function entriesOf({ type, data = {} }: Secret): Entry[] {
  const text = type === "kubernetes.io/dockercfg" ? data[".dockercfg"] : data[".dockerconfigjson"];
  if (text === undefined) return [];
  const config = parse(Buffer.from(text, "base64").toString());
  const auths = type === "kubernetes.io/dockercfg" ? config : config.auths;
  return Object.entries((auths ?? {}) as Record<string, StoredAuth>).map(([server, stored]) => ({
    place: normalized(server),
    auth: authOf(server, stored),
  }));
}

/** A secret that cannot be read helps no pull, and must not stop one that needs none. */
function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function authOf(server: string, { username, password, auth, identitytoken }: StoredAuth): RegistryAuth {
  const [user, ...rest] = Buffer.from(auth ?? "", "base64")
    .toString()
    .split(":");
  const name = username ?? (auth ? user : undefined);
  const secret = password ?? (auth ? rest.join(":") : undefined);
  return {
    serverAddress: server,
    ...(name && { username: name }),
    ...(secret && { password: secret }),
    ...(identitytoken && { identityToken: identitytoken }),
  };
}

function normalized(server: string): string {
  const place = server
    .replace(/^https?:\/\//, "")
    .replace(/\/(v1|v2)?\/?$/, "")
    .replace(/\/$/, "");
  return place === `index.${defaultRegistry}` ? defaultRegistry : place;
}

/** Host and path of an image without tag and digest. */
function placeOf(image: string): string {
  const name = image.replace(/@.*$/, "").replace(/:[^:/]+$/, "");
  const [first = ""] = name.split("/");
  const hasHost = name.includes("/") && (/[.:]/.test(first) || first === "localhost");
  const host = first === `index.${defaultRegistry}` ? defaultRegistry : first;
  return hasHost ? [host, ...name.split("/").slice(1)].join("/") : `${defaultRegistry}/${name}`;
}

/** `*` stands for one part of a host name. */
function covers(place: string, target: string): boolean {
  const [host = "", ...path] = place.split("/");
  const [targetHost = "", ...targetPath] = target.split("/");
  const parts = host.split(".");
  const targetParts = targetHost.split(".");
  const sameHost =
    parts.length === targetParts.length && parts.every((part, i) => part === "*" || part === targetParts[i]);
  return sameHost && targetPath.join("/").startsWith(path.join("/"));
}
