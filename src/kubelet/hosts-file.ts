import type { Pod } from "#api/core/v1/pod.ts";

/** The pod's /etc/hosts. `domain` is its full name, when it has one. */
export function hostsFile(pod: Pod, podIPs: readonly string[], hostname: string, domain: string | undefined): string {
  const lines = [
    "# Kubernetes-managed hosts file.",
    "127.0.0.1\tlocalhost",
    "::1\tlocalhost ip6-localhost ip6-loopback",
    "fe00::0\tip6-localnet",
    "fe00::0\tip6-mcastprefix",
    "fe00::1\tip6-allnodes",
    "fe00::2\tip6-allrouters",
    ...podIPs.map((ip) => [ip, ...(domain ? [domain] : []), hostname].join("\t")),
  ];
  return `${lines.join("\n")}\n${hostAliases(pod)}`;
}

/** For pods in the host's network: the node's own file, and what the pod adds. */
export const nodeHostsFile = (pod: Pod, nodeFile: string): string =>
  `# Kubernetes-managed hosts file (host network).\n${nodeFile}${hostAliases(pod)}`;

function hostAliases({ spec }: Pod): string {
  const aliases = spec.hostAliases ?? [];
  if (aliases.length === 0) return "";
  const lines = aliases.map(({ ip, hostnames = [] }) => [ip, ...hostnames].join("\t"));
  return `\n# Entries added by HostAliases.\n${lines.join("\n")}\n`;
}
