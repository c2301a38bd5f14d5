import type { Pod } from "#api/core/v1/pod.ts";

export interface DnsConfig {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

export interface DnsSettings {
  /** Addresses of the cluster's DNS; without one, pods get what the node has. */
  readonly clusterDns: readonly string[];
  readonly clusterDomain: string;
  /** The node's own resolv.conf, read when it is needed. */
  readonly resolvConf: string;
}

/** What stands in the pod's resolv.conf. */
export function podDns(pod: Pod, settings: DnsSettings): DnsConfig {
  return withOwn(policyDns(pod, settings), pod.spec.dnsConfig);
}

function policyDns(pod: Pod, { clusterDns, clusterDomain, resolvConf }: DnsSettings): DnsConfig {
  const { dnsPolicy = "ClusterFirst", hostNetwork } = pod.spec;
  if (dnsPolicy === "None") return { servers: [], searches: [], options: [] };
  const node = parseResolvConf(resolvConf);
  const cluster = dnsPolicy === "ClusterFirstWithHostNet" || (dnsPolicy === "ClusterFirst" && !hostNetwork);
  if (!cluster || clusterDns.length === 0) return node;
  const { namespace } = pod.metadata;
  const own = [`${namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain];
  return {
    servers: clusterDns,
    searches: [...new Set([...own, ...node.searches])],
    options: ["ndots:5"],
  };
}

function withOwn(dns: DnsConfig, own: Pod["spec"]["dnsConfig"]): DnsConfig {
  if (!own) return dns;
  const given = (own.options ?? []).map(({ name = "", value }) => (value ? `${name}:${value}` : name));
  const nameOf = (option: string) => option.split(":")[0];
  const kept = dns.options.filter((option) => !given.some((o) => nameOf(o) === nameOf(option)));
  return {
    servers: [...new Set([...dns.servers, ...(own.nameservers ?? [])])],
    searches: [...new Set([...dns.searches, ...(own.searches ?? [])])],
    options: [...kept, ...given],
  };
}

function parseResolvConf(text: string): DnsConfig {
  const servers: string[] = [];
  let searches: string[] = [];
  let options: string[] = [];
  for (const line of text.split("\n")) {
    const [keyword, ...words] = line
      .replace(/[#;].*$/, "")
      .trim()
      .split(/\s+/);
    if (keyword === "nameserver" && words[0]) servers.push(words[0]);
    if (keyword === "search") searches = words.filter((word) => word !== ".");
    if (keyword === "options") options = words;
  }
  return { servers, searches, options };
}
