import type { Service, ServiceSpec } from "#api/core/v1/service.ts";
import type { EndpointSlice } from "#api/discovery/v1/endpoint-slice.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import type { ObjectOf, Resource } from "#api/resource.ts";
import type { ObjectCache } from "#client/cache/object-cache.ts";

const meta = (name: string, labels: Record<string, string> = {}): KubeObject["metadata"] =>
  ({ name, namespace: "default", labels, uid: name, resourceVersion: "1" }) as KubeObject["metadata"];

type Loose<T> = { readonly [K in keyof T]?: T[K] extends (infer E)[] | undefined ? readonly Partial<E>[] : T[K] };

export const service = (name: string, spec: Loose<ServiceSpec>): Service =>
  ({
    apiVersion: "v1",
    kind: "Service",
    metadata: meta(name),
    spec: {
      type: "ClusterIP",
      ...spec,
      ports: (spec.ports ?? []).map((port) => ({ protocol: "TCP", ...port })),
    },
  }) as unknown as Service;

export const slice = (
  of: string,
  endpoints: readonly Partial<NonNullable<EndpointSlice["endpoints"]>[number]>[],
  ports: readonly Partial<NonNullable<EndpointSlice["ports"]>[number]>[],
): EndpointSlice =>
  ({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: meta(`${of}-1`, { "kubernetes.io/service-name": of }),
    addressType: "IPv4",
    endpoints,
    ports: ports.map((port) => ({ protocol: "TCP", ...port })),
  }) as unknown as EndpointSlice;

/** Puts objects into the cache as a first list does. */
export function fill<R extends Resource>(cache: ObjectCache, resource: R, objects: readonly ObjectOf<R>[]): void {
  cache.store(resource).replace(objects, 1);
}
