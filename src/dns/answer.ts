import { isIP, isIPv4 } from "node:net";
import type { Service } from "#api/core/v1/service.ts";
import type { Endpoint } from "#api/discovery/v1/endpoint-slice.ts";
import { type Answer, type Question, type Reply, rcodes } from "./wire.ts";
import { serviceLabel, type Zone } from "./zone.ts";

/** Seconds that an answer about the cluster may be kept; short, as pods come and go. */
export const ttl = 5;
const schemaVersion = "1.1.0";
/** How many aliases inside the cluster are followed. */
const maxAliases = 8;

export interface ClusterReply extends Reply {
  /** An alias leads to this name outside; its addresses belong to the answer. */
  readonly follow?: string;
}

/** The answer to a question about the cluster; `undefined` when the name is not the cluster's to answer. */
export function answer({ name, type }: Pick<Question, "name" | "type">, zone: Zone): ClusterReply | undefined {
  const lower = name.toLowerCase().replace(/\.$/, "");
  if (lower === zone.domain || lower.endsWith(`.${zone.domain}`)) return inZone(name, lower, type, zone);
  const address = reverseAddress(lower);
  if (address !== undefined) return reverse(name, address, type, zone);
  const hosts = zone.host(lower);
  if (!hosts) return undefined;
  const answers = hosts.flatMap((host) => addressRecord(name, host, type));
  return answers.length > 0 ? found(answers) : empty(zone);
}

const found = (answers: readonly Answer[], more: Partial<ClusterReply> = {}): ClusterReply => ({
  rcode: rcodes.noError,
  authoritative: true,
  answers,
  ...more,
});
const empty = (zone: Zone): ClusterReply => ({
  rcode: rcodes.noError,
  authoritative: true,
  authorities: [authority(zone)],
});
const noSuchName = (zone: Zone): ClusterReply => ({ ...empty(zone), rcode: rcodes.noSuchName });

const authority = ({ domain, serial }: Zone): Answer => ({
  type: "SOA",
  name: domain,
  ttl,
  data: {
    mname: `ns.dns.${domain}`,
    rname: `hostmaster.${domain}`,
    serial,
    refresh: 7200,
    retry: 1800,
    expire: 86400,
    minimum: ttl,
  },
});

function inZone(asked: string, lower: string, type: string, zone: Zone): ClusterReply {
  const path = lower === zone.domain ? [] : lower.slice(0, -zone.domain.length - 1).split(".");
  const kind = path.at(-1);
  if (path.length === 0) return apex(asked, type, zone);
  if (path.length === 1 && kind === "dns-version")
    return type === "TXT" ? found([{ type: "TXT", name: asked, ttl, data: [schemaVersion] }]) : empty(zone);
  if (kind === "svc") return underServices(asked, path.slice(0, -1), type, zone);
  if (kind === "pod") return podName(asked, path.slice(0, -1), type, zone);
  return noSuchName(zone);
}

function apex(asked: string, type: string, zone: Zone): ClusterReply {
  if (type === "SOA") return found([authority(zone)]);
  if (type === "NS") return found([{ type: "NS", name: asked, ttl, data: `ns.dns.${zone.domain}` }]);
  return empty(zone);
}

/** `10-244-0-7.default.pod.cluster.local` says its own address. */
function podName(asked: string, path: readonly string[], type: string, zone: Zone): ClusterReply {
  if (path.length < 2)
    return path.length === 0 || zone.hasNamespace(path[0] as string) ? empty(zone) : noSuchName(zone);
  if (path.length > 2) return noSuchName(zone);
  const [dashed = ""] = path;
  const v4 = dashed.replaceAll("-", ".");
  const address = isIPv4(v4) ? v4 : dashed.replaceAll("-", ":");
  if (!isIP(address)) return noSuchName(zone);
  const answers = addressRecord(asked, address, type);
  return answers.length > 0 ? found(answers) : empty(zone);
}

interface Wanted {
  readonly namespace: string;
  readonly service: string;
  /** Of `_port._protocol`, both without the underscore; any when not given. */
  readonly port?: string;
  readonly protocol?: string;
  readonly endpoint?: string;
}

/** `service.namespace`, `endpoint.service.namespace`, `_port._protocol.service.namespace`. */
function parse(path: readonly string[]): Wanted | undefined {
  const [service, namespace] = path.slice(-2);
  if (service === undefined || namespace === undefined) return undefined;
  const before = path.slice(0, -2);
  const [first, second] = before;
  if (before.length === 0) return { namespace, service };
  if (before.length === 1 && first) return { namespace, service, endpoint: first };
  if (before.length !== 2 || !first?.startsWith("_") || !second?.startsWith("_")) return undefined;
  return { namespace, service, port: first.slice(1), protocol: second.slice(1) };
}

function underServices(asked: string, path: readonly string[], type: string, zone: Zone): ClusterReply {
  if (path.length === 0) return empty(zone);
  if (path.length === 1) return zone.hasNamespace(path[0] as string) ? empty(zone) : noSuchName(zone);
  const wanted = parse(path);
  const service = wanted && zone.service(wanted.namespace, wanted.service);
  if (!wanted || !service) return noSuchName(zone);
  if (service.spec.type === "ExternalName") return alias(asked, service, wanted, type, zone);
  const targets =
    isHeadless(service) || wanted.endpoint !== undefined
      ? endpointTargets(wanted, zone)
      : clusterTargets(service, wanted, zone);
  if (targets.length === 0) return noSuchName(zone);
  if (type === "SRV") return serviceRecords(asked, targets, zone);
  const addresses = [...new Set(targets.map((target) => target.address))];
  const answers = addresses.flatMap((address) => addressRecord(asked, address, type));
  return answers.length > 0 ? found(answers) : empty(zone);
}

const isHeadless = ({ spec }: Service) => spec.clusterIP === "None";

interface Target {
  readonly name: string;
  readonly address: string;
  /** `undefined` for an endpoint without ports. */
  readonly port: number | undefined;
}

const fits = ({ port, protocol }: Wanted, has: { name?: string | undefined; protocol?: string | undefined }) =>
  (port === undefined || port === (has.name ?? "").toLowerCase()) &&
  (protocol === undefined || protocol === (has.protocol ?? "TCP").toLowerCase());

function clusterTargets({ spec }: Service, wanted: Wanted, { domain }: Zone): Target[] {
  const name = `${wanted.service}.${wanted.namespace}.svc.${domain}`;
  const addresses = spec.clusterIPs ?? [spec.clusterIP ?? ""];
  return (spec.ports ?? [])
    .filter((port) => fits(wanted, port))
    .flatMap((port) =>
      addresses.filter((address) => isIP(address)).map((address) => ({ name, address, port: port.port })),
    );
}

function endpointTargets(wanted: Wanted, zone: Zone): Target[] {
  const { namespace, service } = wanted;
  const parent = `${service}.${namespace}.svc.${zone.domain}`;
  return zone.slices(namespace, service).flatMap((slice) => {
    if (slice.addressType === "FQDN") return [];
    const all = slice.ports ?? [];
    const ports = all.filter((port) => fits(wanted, port)).map(({ port }) => port);
    if (all.length === 0 && wanted.port === undefined) ports.push(undefined);
    return (slice.endpoints ?? [])
      .filter((endpoint) => endpoint.conditions?.ready ?? true)
      .flatMap((endpoint) =>
        endpoint.addresses.map((address) => ({ address, label: endpointLabel(endpoint, address) })),
      )
      .filter(({ label }) => wanted.endpoint === undefined || wanted.endpoint === label)
      .flatMap(({ address, label }) => ports.map((port) => ({ name: `${label}.${parent}`, address, port })));
  });
}

/** An endpoint's own name: what it calls itself, else its address with dashes. */
function endpointLabel({ hostname }: Endpoint, address: string): string {
  return hostname ? hostname.toLowerCase() : address.replaceAll(/[.:]/g, "-");
}

function addressRecord(name: string, address: string, type: string): Answer[] {
  const family = isIPv4(address) ? "A" : "AAAA";
  return type === family || type === "ANY" ? [{ type: family, name, ttl, data: address }] : [];
}

function serviceRecords(asked: string, targets: readonly Target[], zone: Zone): ClusterReply {
  const named = targets.filter((target) => target.port !== undefined);
  const unique = [...new Map(named.map((target) => [`${target.name} ${target.port}`, target])).values()];
  if (unique.length === 0) return empty(zone);
  const weight = Math.max(1, Math.floor(100 / unique.length));
  const answers = unique.map(
    ({ name, port = 0 }): Answer => ({
      type: "SRV",
      name: asked,
      ttl,
      data: { priority: 0, weight, port, target: name },
    }),
  );
  const hosts = [...new Map(named.map((target) => [`${target.name} ${target.address}`, target])).values()];
  const additionals = hosts.flatMap(({ name, address }) =>
    addressRecord(name, address, isIPv4(address) ? "A" : "AAAA"),
  );
  return found(answers, { additionals });
}

/** The alias, and what it leads to as far as the cluster knows; the rest is for the servers outside. */
function alias(asked: string, { spec }: Service, wanted: Wanted, type: string, zone: Zone): ClusterReply {
  const target = (spec.externalName ?? "").toLowerCase().replace(/\.$/, "");
  if (target === "" || isIP(target) || wanted.endpoint !== undefined) return noSuchName(zone);
  const answers: Answer[] = [{ type: "CNAME", name: asked, ttl, data: target }];
  if (type !== "A" && type !== "AAAA") return type === "CNAME" || type === "ANY" ? found(answers) : empty(zone);
  for (let name = target; answers.length < maxAliases; ) {
    const next = zoneOwns(name, zone) ? step(name, type, zone) : undefined;
    if (!next) return zoneOwns(name, zone) ? found(answers) : found(answers, { follow: name });
    answers.push(...next.answers);
    if (next.alias === undefined) return found(answers);
    name = next.alias;
  }
  return { rcode: rcodes.serverFailure }; // aliases in a ring
}

const zoneOwns = (name: string, zone: Zone) => name === zone.domain || name.endsWith(`.${zone.domain}`);

function step(name: string, type: string, zone: Zone): { answers: readonly Answer[]; alias?: string } | undefined {
  const path = name.split(".").slice(0, -zone.domain.split(".").length);
  const wanted = path.at(-1) === "svc" ? parse(path.slice(0, -1)) : undefined;
  const service = wanted && zone.service(wanted.namespace, wanted.service);
  if (service?.spec.type !== "ExternalName") {
    const { answers = [] } = inZone(name, name, type, zone);
    return answers.length > 0 ? { answers } : undefined;
  }
  const target = (service.spec.externalName ?? "").toLowerCase();
  return { answers: [{ type: "CNAME", name, ttl, data: target }], alias: target };
}

function reverseAddress(name: string): string | undefined {
  const v4 = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\.in-addr\.arpa$/.exec(name);
  if (v4) {
    const address = v4.slice(1, 5).toReversed().join(".");
    return isIPv4(address) ? address : undefined;
  }
  if (!/^([0-9a-f]\.){32}ip6\.arpa$/.test(name)) return undefined;
  const digits = name.split(".").slice(0, 32).toReversed().join("");
  return (digits.match(/.{4}/g) ?? []).map((group) => group.replace(/^0{1,3}/, "")).join(":");
}

function reverse(asked: string, address: string, type: string, zone: Zone): ClusterReply | undefined {
  const services = zone.servicesAt(address);
  const names =
    services.length > 0
      ? services.map(({ metadata }) => `${metadata.name}.${metadata.namespace}.svc.${zone.domain}`)
      : endpointNames(address, zone);
  if (names.length === 0) return undefined;
  return type === "PTR" || type === "ANY"
    ? found([...new Set(names)].map((data) => ({ type: "PTR", name: asked, ttl, data })))
    : empty(zone);
}

function endpointNames(address: string, zone: Zone): string[] {
  return zone.slicesAt(address).flatMap(({ metadata, endpoints }) => {
    const service = metadata.labels?.[serviceLabel];
    if (!service) return [];
    return (endpoints ?? [])
      .filter((endpoint) => endpoint.addresses.includes(address))
      .map((endpoint) => `${endpointLabel(endpoint, address)}.${service}.${metadata.namespace}.svc.${zone.domain}`);
  });
}
