import { isDeepStrictEqual } from "node:util";
import type { Pod } from "#api/core/v1/pod.ts";
import type { Service } from "#api/core/v1/service.ts";
import type { Endpoint, EndpointSlice } from "#api/discovery/v1/endpoint-slice.ts";
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

export const serviceNameLabel = "kubernetes.io/service-name";
export const managedByLabel = "endpointslice.kubernetes.io/managed-by";
export const managedByUs = "endpointslice-controller.k8s.io";

const maxEndpoints = 100;

export interface SlicesPlan {
  readonly create: readonly Draft<EndpointSlice>[];
  readonly update: readonly EndpointSlice[];
  readonly remove: readonly EndpointSlice[];
}

interface Group {
  readonly addressType: string;
  readonly ports: readonly ResolvedPort[];
  /** Endpoints by address, those that still have no place. */
  readonly wanted: Map<string, Endpoint>;
}

/**
 * The slices that show the Service's pods, with as few writes as can be: an endpoint stays in the slice it is in, new
 * ones fill slices that are rewritten anyway, then those with room. Without any endpoint one empty slice remains.
 */
export function planSlices(service: Service, pods: readonly Pod[], existing: readonly EndpointSlice[]): SlicesPlan {
  const serving = pods.filter(mayServe);
  const groups = groupEndpoints(service, serving);
  const shared = { labels: sliceLabels(service), trigger: triggerTime(service, serving) };
  const plan = { create: [] as Draft<EndpointSlice>[], update: [] as EndpointSlice[], remove: [] as EndpointSlice[] };
  const left = new Set(existing.filter((slice) => slice.metadata.deletionTimestamp === undefined));
  for (const [key, group] of groups) {
    const own = [...left].filter((slice) => keyOf(slice.addressType, portsOf(slice)) === key);
    for (const slice of own) left.delete(slice);
    placeGroup(group, own, service, shared, plan);
  }
  plan.remove.push(...left);
  return plan;
}

function groupEndpoints(service: Service, pods: readonly Pod[]): Map<string, Group> {
  const groups = new Map<string, Group>();
  const groupFor = (addressType: string, ports: readonly ResolvedPort[]) => {
    const key = keyOf(addressType, ports);
    const group = groups.get(key) ?? { addressType, ports, wanted: new Map() };
    groups.set(key, group);
    return group;
  };
  for (const pod of pods) {
    const ports = resolvePorts(service, pod);
    if (ports.length === 0 && (service.spec.ports ?? []).length > 0) continue; // none of the named ports is there
    for (const family of service.spec.ipFamilies ?? ["IPv4"]) {
      const address = addressOf(pod, family);
      if (address) groupFor(family, ports).wanted.set(address, endpointOf(service, pod, address));
    }
  }
  if (groups.size === 0) for (const family of service.spec.ipFamilies ?? ["IPv4"]) groupFor(family, []);
  return groups;
}

function addressOf(pod: Pod, family: string): string | undefined {
  const addresses = pod.status?.podIPs?.map(({ ip }) => ip) ?? [pod.status?.podIP ?? ""];
  return addresses.find((ip) => ip !== "" && ip.includes(":") === (family === "IPv6"));
}

function endpointOf(service: Service, pod: Pod, address: string): Endpoint {
  const serving = isReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  const hostname = hostnameOf(service, pod);
  const { namespace = "", name, uid } = pod.metadata;
  return {
    addresses: [address],
    conditions: { ready, serving, terminating },
    ...(hostname && { hostname }),
    ...(pod.spec.nodeName && { nodeName: pod.spec.nodeName }),
    targetRef: { kind: "Pod", namespace, name, uid },
  };
}

interface Shared {
  readonly labels: Record<string, string>;
  readonly trigger: string;
}

function placeGroup(
  group: Group,
  own: readonly EndpointSlice[],
  service: Service,
  shared: Shared,
  plan: { create: Draft<EndpointSlice>[]; update: EndpointSlice[]; remove: EndpointSlice[] },
): void {
  const { wanted } = group;
  const kept = own.map((slice) => {
    const before = slice.endpoints ?? [];
    const endpoints = before.flatMap((endpoint) => takeFrom(wanted, endpoint));
    const changed = !isDeepStrictEqual(before, endpoints) || !isDeepStrictEqual(slice.metadata.labels, shared.labels);
    return { slice, endpoints, changed };
  });
  // Slices that must be written anyway are filled first, then the fullest that have room.
  const byUse = kept.toSorted(
    (a, b) => Number(b.changed) - Number(a.changed) || b.endpoints.length - a.endpoints.length,
  );
  const waiting = [...wanted.values()];
  for (const place of byUse) {
    const added = waiting.splice(0, maxEndpoints - place.endpoints.length);
    place.endpoints.push(...added);
    place.changed ||= added.length > 0;
  }
  const filled = kept.filter(({ endpoints }) => endpoints.length > 0);
  // Without endpoints one slice stays, so that clients see an empty Service and not an unknown one.
  const staying = filled.length > 0 || waiting.length > 0 ? filled : kept.slice(0, 1);
  plan.remove.push(...kept.filter((place) => !staying.includes(place)).map(({ slice }) => slice));
  for (const { slice, endpoints, changed } of staying) {
    if (!changed) continue;
    const annotations = { ...slice.metadata.annotations, [lastChangeTrigger]: shared.trigger };
    plan.update.push({ ...slice, metadata: { ...slice.metadata, labels: shared.labels, annotations }, endpoints });
  }
  if (kept.length === 0 && waiting.length === 0) plan.create.push(newSlice(service, group, [], shared));
  while (waiting.length > 0) plan.create.push(newSlice(service, group, waiting.splice(0, maxEndpoints), shared));
}

function takeFrom(wanted: Map<string, Endpoint>, endpoint: Endpoint): Endpoint[] {
  const address = endpoint.addresses[0] ?? "";
  const found = wanted.get(address);
  wanted.delete(address);
  return found ? [found] : [];
}

function newSlice(service: Service, group: Group, endpoints: Endpoint[], shared: Shared): Draft<EndpointSlice> {
  return {
    metadata: {
      generateName: `${service.metadata.name}-`,
      namespace: service.metadata.namespace ?? "",
      labels: shared.labels,
      annotations: { [lastChangeTrigger]: shared.trigger },
    },
    addressType: group.addressType,
    endpoints,
    ports: group.ports.map((port) => ({ ...port }) as NonNullable<EndpointSlice["ports"]>[number]),
  };
}

function sliceLabels(service: Service): Record<string, string> {
  return {
    ...service.metadata.labels,
    ...(isHeadless(service) && { [headlessLabel]: "" }),
    [serviceNameLabel]: service.metadata.name,
    [managedByLabel]: managedByUs,
  };
}

function portsOf(slice: EndpointSlice): ResolvedPort[] {
  return (slice.ports ?? []).map(({ name = "", protocol = "TCP", port = 0, appProtocol }) => ({
    name,
    protocol,
    port,
    ...(appProtocol && { appProtocol }),
  }));
}

function keyOf(addressType: string, ports: readonly ResolvedPort[]): string {
  const texts = ports.map(({ name, protocol, port, appProtocol = "" }) =>
    [name, protocol, port, appProtocol].join("/"),
  );
  return [addressType, ...texts.toSorted()].join(",");
}
