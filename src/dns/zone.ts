import { EndpointSlices, Services } from "#api/catalog.ts";
import type { Service } from "#api/core/v1/service.ts";
import type { EndpointSlice } from "#api/discovery/v1/endpoint-slice.ts";
import type { ObjectCache } from "#client/cache/object-cache.ts";

/** What names of the cluster are answered from. */
export interface Zone {
  readonly domain: string;
  /** Grows with each change; the serial number of the zone. */
  readonly serial: number;
  service(namespace: string, name: string): Service | undefined;
  hasNamespace(namespace: string): boolean;
  slices(namespace: string, service: string): readonly EndpointSlice[];
  servicesAt(address: string): readonly Service[];
  slicesAt(address: string): readonly EndpointSlice[];
  /** Addresses of a name outside the cluster's domain that the cluster itself serves. */
  host(name: string): readonly string[] | undefined;
}

export const serviceLabel = "kubernetes.io/service-name";

const indexes = { service: "dns service", address: "dns address" };

/** The zone as it stands in the cache at the moment of asking. */
export function cacheZone(
  cache: ObjectCache,
  own: Pick<Zone, "domain" | "host"> & { readonly serial: () => number },
): Zone {
  cache.index(EndpointSlices, indexes.service, ({ metadata }) => {
    const service = metadata.labels?.[serviceLabel];
    return service ? [`${metadata.namespace}/${service}`] : [];
  });
  cache.index(EndpointSlices, indexes.address, ({ endpoints }) => [
    ...new Set((endpoints ?? []).flatMap((endpoint) => endpoint.addresses)),
  ]);
  cache.index(Services, indexes.address, ({ spec }) => spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : []));
  return {
    domain: own.domain,
    get serial() {
      return own.serial();
    },
    host: own.host,
    service: (namespace, name) => cache.find(Services, { namespace, name }),
    hasNamespace: (namespace) => cache.all(Services, namespace).length > 0,
    slices: (namespace, service) => cache.indexed(EndpointSlices, indexes.service, `${namespace}/${service}`),
    servicesAt: (address) => cache.indexed(Services, indexes.address, address),
    slicesAt: (address) => cache.indexed(EndpointSlices, indexes.address, address),
  };
}
