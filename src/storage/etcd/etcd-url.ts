import { readFileSync } from "node:fs";

export interface EtcdAddress {
  /** `host:port`, at least one. */
  readonly endpoints: readonly string[];
  /** All our keys begin with it; it ends in a slash. */
  readonly root: string;
  readonly tls?: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer };
}

const form = "etcd://HOST:2379[,HOST2:2379…][/PREFIX][?ca=FILE&cert=FILE&key=FILE]";
const defaultRoot = "/minik8s/";
const files = ["ca", "cert", "key"] as const;

/** Reads the certificates that the URL names. Throws an Error with one clear sentence. */
export function parseEtcdUrl(url: string): EtcdAddress {
  const [, scheme, hosts = "", path = "", query = ""] = /^(etcds?):\/\/([^/?]*)(\/[^?]*)?(?:\?(.*))?$/.exec(url) ?? [];
  const endpoints = hosts.split(",").map((host) => (/:\d+$/.test(host) ? host : `${host}:2379`));
  if (!scheme || endpoints.some((endpoint) => !/^(\[[0-9a-fA-F:]+\]|[^:@[\]\s]+):\d+$/.test(endpoint))) {
    throw new Error(`${JSON.stringify(url)} is not understood: it must look like ${form}`);
  }
  const parameters = new URLSearchParams(query);
  const unknown = [...parameters.keys()].find((name) => !files.includes(name as "ca"));
  if (unknown) throw new Error(`${JSON.stringify(url)}: ${unknown} is not known; there are ca, cert and key`);
  if (parameters.has("cert") !== parameters.has("key")) {
    throw new Error(`${JSON.stringify(url)}: cert and key go together`);
  }
  const root = path.replace(/\/+$/, "");
  const tls = scheme === "etcds" || parameters.size > 0 ? certificates(parameters) : undefined;
  return { endpoints, root: root ? `${root}/` : defaultRoot, ...(tls && { tls }) };
}

function certificates(parameters: URLSearchParams): NonNullable<EtcdAddress["tls"]> {
  const given = files.flatMap((name) => {
    const file = parameters.get(name);
    return file ? [[name, readFileSync(file)] as const] : [];
  });
  return Object.fromEntries(given);
}
