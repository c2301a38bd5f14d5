import type { Service } from "#api/core/v1/service.ts";
import type { Endpoint, EndpointSlice } from "#api/discovery/v1/endpoint-slice.ts";

/** Where one packet flow may end. */
export interface Backend {
  readonly ip: string;
  readonly port: number;
}

/** One port of one Service with everything that leads to it. */
export interface ServicePortRoute {
  /** `namespace/name:port`, unique. */
  readonly id: string;
  readonly protocol: "tcp" | "udp" | "sctp";
  readonly port: number;
  readonly clusterIps: readonly string[];
  readonly externalIps: readonly string[];
  readonly nodePort: number | undefined;
  /** For connections to the cluster addresses. */
  readonly internal: readonly Backend[];
  /** For connections from outside, through the node port or an external address. */
  readonly external: readonly Backend[];
  /** The caller's address is kept: only backends on this node, no masquerade. */
  readonly externalLocal: boolean;
  /** One caller keeps its backend for so many seconds after its last packet. */
  readonly affinitySeconds: number | undefined;
}

/** Sorted by id, so that equal worlds give equal maps. */
export type ServiceMap = readonly ServicePortRoute[];

/** Services with this label are the business of another proxy, the one it names. */
const otherProxyLabel = "service.kubernetes.io/service-proxy-name";

/** What this node must route, from all Services and their EndpointSlices. */
export function serviceMap(
  services: readonly Service[],
  slices: readonly EndpointSlice[],
  nodeName: string,
): ServiceMap {
  const byService = groupByService(slices);
  return services
    .filter(({ metadata }) => metadata.labels?.[otherProxyLabel] === undefined)
    .flatMap((service) => routesOf(service, byService.get(nameOf(service)) ?? [], nodeName))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** The routes of one Service; none for headless ones and those that are only a name. */
export function routesOf(service: Service, slices: readonly EndpointSlice[], nodeName: string): ServicePortRoute[] {
  const { spec } = service;
  const clusterIps = (spec.clusterIPs ?? [spec.clusterIP]).filter(isAddress);
  if (spec.type === "ExternalName" || clusterIps.length === 0) return [];
  return (spec.ports ?? []).map((port) => {
    const backends = backendsOf(slices, port.name ?? "", port.protocol);
    const local = backends.filter((backend) => backend.node === nodeName);
    const externalLocal = spec.externalTrafficPolicy === "Local";
    return {
      id: `${nameOf(service)}:${port.name || port.port}`,
      protocol: port.protocol.toLowerCase() as ServicePortRoute["protocol"],
      port: port.port,
      clusterIps,
      externalIps: [
        ...(spec.externalIPs ?? []),
        ...(service.status?.loadBalancer?.ingress ?? []).map((ingress) => ingress.ip).filter(isAddress),
      ],
      nodePort: port.nodePort || undefined,
      internal: usable(spec.internalTrafficPolicy === "Local" ? local : backends),
      external: usable(externalLocal ? local : backends),
      externalLocal,
      affinitySeconds:
        spec.sessionAffinity === "ClientIP"
          ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800)
          : undefined,
    };
  });
}

interface Candidate extends Backend {
  readonly node: string | undefined;
  readonly ready: boolean;
  readonly serving: boolean;
}

/** Ready backends; while there are none, those that still serve although they are going. */
function usable(candidates: readonly Candidate[]): Backend[] {
  const ready = candidates.filter((candidate) => candidate.ready);
  const chosen = ready.length > 0 ? ready : candidates.filter((candidate) => candidate.serving);
  const unique = new Map(chosen.map(({ ip, port }) => [`${ip}:${port}`, { ip, port }]));
  return [...unique.keys()].toSorted().map((key) => unique.get(key) as Backend);
}

function backendsOf(slices: readonly EndpointSlice[], portName: string, protocol: string): Candidate[] {
  return slices.flatMap((slice) => {
    if (slice.addressType !== "IPv4") return [];
    const port = (slice.ports ?? []).find((p) => (p.name ?? "") === portName && (p.protocol ?? "TCP") === protocol);
    if (!port?.port) return [];
    return (slice.endpoints ?? []).flatMap((endpoint) => candidatesOf(endpoint, port.port as number));
  });
}

function candidatesOf(endpoint: Endpoint, port: number): Candidate[] {
  const ready = endpoint.conditions?.ready ?? true;
  const serving = endpoint.conditions?.serving ?? ready;
  return endpoint.addresses.slice(0, 1).map((ip) => ({ ip, port, node: endpoint.nodeName, ready, serving }));
}

function groupByService(slices: readonly EndpointSlice[]): Map<string, EndpointSlice[]> {
  const groups = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    const service = slice.metadata.labels?.["kubernetes.io/service-name"];
    if (!service) continue;
    const key = `${slice.metadata.namespace}/${service}`;
    const group = groups.get(key);
    if (group) group.push(slice);
    else groups.set(key, [slice]);
  }
  return groups;
}

const nameOf = ({ metadata }: Service) => `${metadata.namespace}/${metadata.name}`;
const isAddress = (address: string | undefined): address is string =>
  Boolean(address) && address !== "None" && !address?.includes(":");
