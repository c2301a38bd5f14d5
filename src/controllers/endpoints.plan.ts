import type { EndpointAddress, EndpointSubset, Endpoints } from "#api/core/v1/endpoints.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import type { Service } from "#api/core/v1/service.ts";
import type { Draft } from "#api/meta/object-meta.ts";
import { isReady } from "./pods.ts";
import {
  headlessLabel,
  hostnameOf,
  isHeadless,
  lastChangeTrigger,
  mayServe,
  type ResolvedPort,
  resolvePorts,
  triggerTime,
} from "./service-endpoints.ts";

const managedBy = "endpoints.kubernetes.io/managed-by";
const overCapacity = "endpoints.kubernetes.io/over-capacity";
/** The old kind holds all addresses in one object, so it ends somewhere. */
const maxAddresses = 1000;

/** The Endpoints object of a Service, the older and simpler of the two kinds: no pod on its way out, one object for all. */
export function planEndpoints(
  service: Service,
  pods: readonly Pod[],
  current: Endpoints | undefined,
): Draft<Endpoints> {
  const serving = pods.filter((pod) => mayServe(pod) && pod.metadata.deletionTimestamp === undefined);
  const { subsets, truncated } = withinCapacity(subsetsOf(service, serving));
  const { [headlessLabel]: _, ...serviceLabels } = service.metadata.labels ?? {};
  const { [overCapacity]: __, ...annotations } = current?.metadata.annotations ?? {};
  return {
    ...current,
    metadata: {
      ...(current?.metadata ?? { name: service.metadata.name, namespace: service.metadata.namespace ?? "" }),
      labels: {
        ...serviceLabels,
        [managedBy]: "endpoint-controller",
        ...(isHeadless(service) && { [headlessLabel]: "" }),
      },
      annotations: {
        ...annotations,
        [lastChangeTrigger]: triggerTime(service, serving),
        ...(truncated && { [overCapacity]: "truncated" }),
      },
    },
    subsets,
  };
}

/** One subset for each different set of ports, addresses in order: the same pods always give the same object. */
function subsetsOf(service: Service, pods: readonly Pod[]): EndpointSubset[] {
  const subsets = new Map<
    string,
    { ports: readonly ResolvedPort[]; ready: EndpointAddress[]; notReady: EndpointAddress[] }
  >();
  for (const pod of pods) {
    const ports = resolvePorts(service, pod);
    if (ports.length === 0 && (service.spec.ports ?? []).length > 0) continue;
    const key = JSON.stringify(ports);
    const subset = subsets.get(key) ?? { ports, ready: [], notReady: [] };
    subsets.set(key, subset);
    const isServing = service.spec.publishNotReadyAddresses === true || isReady(pod);
    (isServing ? subset.ready : subset.notReady).push(addressOf(service, pod));
  }
  const byIp = (a: EndpointAddress, b: EndpointAddress) => (a.ip < b.ip ? -1 : 1);
  return [...subsets]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { ports, ready, notReady }]) => ({
      ...(ready.length > 0 && { addresses: ready.toSorted(byIp) }),
      ...(notReady.length > 0 && { notReadyAddresses: notReady.toSorted(byIp) }),
      ...(ports.length > 0 && { ports: ports.map(portOf) }),
    }));
}

function portOf({ name, ...rest }: ResolvedPort) {
  return { ...(name && { name }), ...rest } as NonNullable<EndpointSubset["ports"]>[number];
}

function addressOf(service: Service, pod: Pod): EndpointAddress {
  const { namespace = "", name, uid } = pod.metadata;
  const hostname = hostnameOf(service, pod);
  return {
    ip: pod.status?.podIP ?? "",
    ...(hostname && { hostname }),
    ...(pod.spec.nodeName && { nodeName: pod.spec.nodeName }),
    targetRef: { kind: "Pod", namespace, name, uid },
  };
}

/** Ready addresses have precedence over others. */
function withinCapacity(subsets: EndpointSubset[]): { subsets: EndpointSubset[]; truncated: boolean } {
  const count = (key: "addresses" | "notReadyAddresses") =>
    subsets.reduce((total, subset) => total + (subset[key]?.length ?? 0), 0);
  if (count("addresses") + count("notReadyAddresses") <= maxAddresses) return { subsets, truncated: false };
  let left = maxAddresses;
  const cut = (addresses: EndpointAddress[] = []) => {
    const kept = addresses.slice(0, left);
    left -= kept.length;
    return kept;
  };
  const ready = subsets.map((subset) => cut(subset.addresses));
  const notReady = subsets.map((subset) => cut(subset.notReadyAddresses));
  const cutSubsets = subsets.map(({ ports }, i) => ({
    ...(ready[i]?.length && { addresses: ready[i] }),
    ...(notReady[i]?.length && { notReadyAddresses: notReady[i] }),
    ...(ports && { ports }),
  }));
  return { subsets: cutSubsets.filter((subset) => subset.addresses || subset.notReadyAddresses), truncated: true };
}
