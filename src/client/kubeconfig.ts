import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parseYaml, toYaml } from "#api/meta/yaml.ts";
import type { HttpConnectionOptions } from "./http-connection.ts";

/** A kubeconfig file, as far as it is used here; what else stands in one is kept. */
export interface Kubeconfig {
  readonly apiVersion: "v1";
  readonly kind: "Config";
  readonly clusters: readonly Named<"cluster", ClusterEntry>[];
  readonly users: readonly Named<"user", UserEntry>[];
  readonly contexts: readonly Named<"context", ContextEntry>[];
  readonly "current-context"?: string;
  readonly preferences?: object;
}

type Named<K extends string, T> = { readonly name: string } & { readonly [key in K]: T };

export interface ClusterEntry {
  readonly server: string;
  readonly "certificate-authority"?: string;
  readonly "certificate-authority-data"?: string;
  readonly "insecure-skip-tls-verify"?: boolean;
  readonly "tls-server-name"?: string;
}

export interface UserEntry {
  readonly "client-certificate"?: string;
  readonly "client-certificate-data"?: string;
  readonly "client-key"?: string;
  readonly "client-key-data"?: string;
  readonly token?: string;
  readonly tokenFile?: string;
}

export interface ContextEntry {
  readonly cluster: string;
  readonly user: string;
  readonly namespace?: string;
}

const empty: Kubeconfig = { apiVersion: "v1", kind: "Config", clusters: [], users: [], contexts: [] };

/** One file's text. Relative file names in it count from `dir`. Throws Error when it is no kubeconfig. */
export async function parseKubeconfig(text: string, dir: string): Promise<Kubeconfig> {
  const value = ((await parseYaml(text)) ?? {}) as Partial<Kubeconfig>;
  if (typeof value !== "object" || (value.kind ?? "Config") !== "Config") throw new Error("not a kubeconfig");
  const absolute = <T extends object>(entry: T, keys: readonly (keyof T)[]): T => {
    const found = keys.filter((key) => entry?.[key]).map((key) => [key, resolve(dir, String(entry[key]))]);
    return { ...entry, ...Object.fromEntries(found) };
  };
  return {
    ...empty,
    ...value,
    clusters: (value.clusters ?? []).map((c) => ({ ...c, cluster: absolute(c.cluster, ["certificate-authority"]) })),
    users: (value.users ?? []).map((u) => ({
      ...u,
      user: absolute(u.user, ["client-certificate", "client-key", "tokenFile"]),
    })),
    contexts: value.contexts ?? [],
  };
}

/** Several files as one: of entries with the same name the first counts, and so does the first current context. */
export function mergeKubeconfigs(configs: readonly Kubeconfig[]): Kubeconfig {
  const merged = <T extends { readonly name: string }>(lists: readonly (readonly T[])[]): T[] =>
    [
      ...new Map(
        lists
          .flat()
          .toReversed()
          .map((entry) => [entry.name, entry]),
      ).values(),
    ].toReversed();
  const current = configs.map((c) => c["current-context"]).find(Boolean);
  return {
    ...Object.assign({}, ...configs.toReversed()),
    ...empty,
    clusters: merged(configs.map((c) => c.clusters)),
    users: merged(configs.map((c) => c.users)),
    contexts: merged(configs.map((c) => c.contexts)),
    ...(current && { "current-context": current }),
  };
}

/** The files at `paths`, merged; those that are missing do not count. */
export async function loadKubeconfig(paths: readonly string[]): Promise<Kubeconfig> {
  const configs = await Promise.all(
    paths.map(async (path) => {
      try {
        return await parseKubeconfig(await readFile(path, "utf8"), dirname(resolve(path)));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw new Error(`cannot read kubeconfig ${path}: ${(error as Error).message}`, { cause: error });
      }
    }),
  );
  return mergeKubeconfigs(configs.filter((config) => config !== undefined));
}

export const formatKubeconfig = (config: Kubeconfig): Promise<string> => toYaml(config);

/** A kubeconfig for one user of one cluster, everything embedded. */
export function newKubeconfig(
  name: string,
  access: { readonly server: string; readonly ca: string; readonly user: string } & (
    | { readonly cert: string; readonly key: string }
    | { readonly token: string }
  ),
): Kubeconfig {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const user =
    "token" in access
      ? { token: access.token }
      : { "client-certificate-data": base64(access.cert), "client-key-data": base64(access.key) };
  const cluster = { server: access.server, "certificate-authority-data": base64(access.ca) };
  return {
    ...empty,
    clusters: [{ name, cluster }],
    users: [{ name: access.user, user }],
    contexts: [{ name, context: { cluster: name, user: access.user } }],
    "current-context": name,
  };
}

/** How to reach the cluster of a context, and the namespace that it means when none is said. Throws Error that says what is missing. */
export async function accessFrom(
  config: Kubeconfig,
  contextName = config["current-context"],
): Promise<{ readonly connection: HttpConnectionOptions; readonly namespace: string }> {
  const named = <T extends { readonly name: string }>(what: string, list: readonly T[], name: string): T => {
    const found = list.find((entry) => entry.name === name);
    if (!found) throw new Error(`${what} ${JSON.stringify(name)} does not exist in the kubeconfig`);
    return found;
  };
  if (!contextName) throw new Error("the kubeconfig has no current context");
  const { context } = named("context", config.contexts, contextName);
  const { cluster } = named("cluster", config.clusters, context.cluster);
  const { user } = named("user", config.users, context.user);
  const [ca, cert, key] = await Promise.all([
    dataOr(cluster["certificate-authority-data"], cluster["certificate-authority"]),
    dataOr(user["client-certificate-data"], user["client-certificate"]),
    dataOr(user["client-key-data"], user["client-key"]),
  ]);
  return {
    connection: {
      servers: [cluster.server],
      ca,
      cert,
      key,
      token: tokenSource(user),
      insecureSkipTlsVerify: cluster["insecure-skip-tls-verify"],
      tlsServerName: cluster["tls-server-name"],
    },
    namespace: context.namespace ?? "default",
  };
}

const dataOr = async (data: string | undefined, file: string | undefined): Promise<string | undefined> =>
  data ? Buffer.from(data, "base64").toString() : file && (await readFile(file, "utf8"));

/** A token in a file is read anew each time: whoever rotates it writes the same file. */
function tokenSource({ token, tokenFile }: UserEntry): HttpConnectionOptions["token"] {
  if (token) return () => token;
  return tokenFile ? async () => (await readFile(tokenFile, "utf8")).trim() : undefined;
}
