import type { Pod } from "#api/core/v1/pod.ts";

/** A host name may be no longer than this on Linux. */
const longest = 63;

export function hostnameOf({ metadata, spec }: Pod, nodeName: string): string {
  if (spec.hostNetwork) return nodeName;
  const name = spec.hostnameOverride || spec.hostname || metadata.name;
  return name.slice(0, longest).replace(/[-.]+$/, "");
}

/** The pod's full name in the cluster's DNS, when it has a subdomain. */
export function domainOf(pod: Pod, nodeName: string, clusterDomain: string): string | undefined {
  const { subdomain } = pod.spec;
  if (!subdomain) return undefined;
  return `${hostnameOf(pod, nodeName)}.${subdomain}.${pod.metadata.namespace}.svc.${clusterDomain}`;
}
