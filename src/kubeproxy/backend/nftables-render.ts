import { createHash } from "node:crypto";
import type { Backend, ServiceMap, ServicePortRoute } from "../service-map.ts";

/** What a table holds beside its fixed part: chains with their rules, and the elements of its maps and sets. */
export interface Ruleset {
  readonly chains: ReadonlyMap<string, readonly string[]>;
  /** By map or set; an element's value is its verdict, empty in a set. */
  readonly elements: ReadonlyMap<ElementHome, ReadonlyMap<string, string>>;
}

export type ElementHome = "service_ips" | "service_nodeports" | "refused_ips" | "refused_nodeports" | "hairpin";

const homes: readonly ElementHome[] = [
  "service_ips",
  "service_nodeports",
  "refused_ips",
  "refused_nodeports",
  "hairpin",
];

/** The mark of packets that leave with the node's address; the bit that Kubernetes uses for it. */
const masqueradeMark = "0x4000";

export interface NftablesOptions {
  /** The table's name; each cluster on a machine has its own. */
  readonly table: string;
  /** Addresses of all pods: callers from elsewhere are masqueraded on their way to a Service, and pods on their way out. */
  readonly clusterCidr: string;
  /** The pods' bridge, when node ports are to be open on the node's loopback address too. */
  readonly loopbackVia?: string | undefined;
}

/**
 * The part of the table that never changes: where the kernel's hooks look up the maps.
 * Chains for refusal are plain filters, since a packet can be refused only outside of nat.
 */
export function renderBase({ table, clusterCidr, loopbackVia }: NftablesOptions): string {
  const address = "ip daddr . meta l4proto . th dport";
  const nodePort = `fib daddr type local ${loopbackVia ? "" : "ip daddr != 127.0.0.0/8 "}meta l4proto . th dport`;
  return `add table ip ${table}
delete table ip ${table}
table ip ${table} {
  map service_ips { type ipv4_addr . inet_proto . inet_service : verdict; }
  map service_nodeports { type inet_proto . inet_service : verdict; }
  map refused_ips { type ipv4_addr . inet_proto . inet_service : verdict; }
  map refused_nodeports { type inet_proto . inet_service : verdict; }
  set hairpin { type ipv4_addr . ipv4_addr; }

  chain mark_masquerade { meta mark set meta mark or ${masqueradeMark}; }
  chain refuse { reject; }
  chain discard { drop; }

  chain services {
    ${address} vmap @service_ips
    ${nodePort} vmap @service_nodeports
  }
  chain refusals {
    ${address} vmap @refused_ips
    ${nodePort} vmap @refused_nodeports
  }

  chain guard_localhost {
    type filter hook prerouting priority raw; policy accept;
    iifname != "lo" ip daddr 127.0.0.0/8 drop
  }
  chain nat_prerouting { type nat hook prerouting priority dstnat; policy accept; jump services; }
  chain nat_output { type nat hook output priority -100; policy accept; jump services; }
  chain nat_postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    meta mark and ${masqueradeMark} != 0 meta mark set meta mark xor ${masqueradeMark} masquerade fully-random
    ip saddr . ip daddr @hairpin masquerade fully-random
    ip saddr ${clusterCidr} ip daddr != ${clusterCidr} masquerade fully-random
  }
  chain filter_input { type filter hook input priority -110; policy accept; ct state new jump refusals; }
  chain filter_forward { type filter hook forward priority -110; policy accept; ct state new jump refusals; }
  chain filter_output { type filter hook output priority -110; policy accept; ct state new jump refusals; }
}
`;
}

export function renderRules(map: ServiceMap, options: Pick<NftablesOptions, "clusterCidr">): Ruleset {
  const chains = new Map<string, readonly string[]>();
  const elements = new Map(homes.map((home) => [home, new Map<string, string>()]));
  const put = (home: ElementHome, key: string, value: string) => void elements.get(home)?.set(key, value);
  for (const route of map) {
    addRoute(route, options, chains, put);
    for (const { ip } of [...route.internal, ...route.external]) put("hairpin", `${ip} . ${ip}`, "");
  }
  return { chains, elements };
}

type Put = (home: ElementHome, key: string, value: string) => void;

function addRoute(
  route: ServicePortRoute,
  { clusterCidr }: Pick<NftablesOptions, "clusterCidr">,
  chains: Map<string, readonly string[]>,
  put: Put,
): void {
  const name = chainName(route);
  const at = (ip: string) => `${ip} . ${route.protocol} . ${route.port}`;
  const nodePort = route.nodePort && `${route.protocol} . ${route.nodePort}`;

  if (route.internal.length > 0) {
    chains.set(name, [`ip saddr != ${clusterCidr} jump mark_masquerade`, ...spreadOver(route, route.internal)]);
  }
  for (const ip of route.clusterIps) {
    if (route.internal.length > 0) put("service_ips", at(ip), `goto ${name}`);
    else put("refused_ips", at(ip), "goto refuse");
  }

  const outside = `${name}_ext`;
  const refusal = route.externalLocal ? "goto discard" : "goto refuse";
  if (route.external.length > 0 && (nodePort || route.externalIps.length > 0)) {
    const mark = route.externalLocal ? [] : ["jump mark_masquerade"];
    chains.set(outside, [...mark, ...spreadOver(route, route.external)]);
  }
  for (const ip of route.externalIps) {
    if (route.external.length > 0) put("service_ips", at(ip), `goto ${outside}`);
    else put("refused_ips", at(ip), refusal);
  }
  if (nodePort && route.external.length > 0) put("service_nodeports", nodePort, `goto ${outside}`);
  else if (nodePort) put("refused_nodeports", nodePort, refusal);
}

/** One rule spreads new connections evenly; the kernel's connection tracking keeps each where it went. */
function spreadOver({ protocol, affinitySeconds }: ServicePortRoute, backends: readonly Backend[]): string[] {
  const target = ({ ip, port }: Backend) => `${ip} . ${port}`;
  if (backends.length === 1 && backends[0]) {
    return [`meta l4proto ${protocol} dnat ip to ${backends[0].ip}:${backends[0].port}`];
  }
  const pick =
    affinitySeconds === undefined
      ? `numgen random mod ${backends.length}`
      : `jhash ip saddr mod ${backends.length} seed 0x6b387331`;
  const choices = backends.map((backend, i) => `${i} : ${target(backend)}`).join(", ");
  return [`meta l4proto ${protocol} dnat ip to ${pick} map { ${choices} }`];
}

/** Chain names are short and hold no strange characters, whatever the Service is called. */
function chainName({ id, protocol }: ServicePortRoute): string {
  const hash = createHash("sha256").update(`${id}/${protocol}`).digest("hex").slice(0, 12);
  const readable = id.replaceAll(/[^a-zA-Z0-9]+/g, "_").slice(0, 40);
  return `svc_${hash}_${readable}`;
}

/** The commands that turn what the kernel has into what it should have; empty when nothing changed. */
export function renderDiff(table: string, now: Ruleset, next: Ruleset): string {
  const lines: string[] = [];
  for (const [name, rules] of next.chains) {
    const before = now.chains.get(name);
    if (before && sameRules(before, rules)) continue;
    lines.push(`add chain ip ${table} ${name}`);
    if (before) lines.push(`flush chain ip ${table} ${name}`);
    for (const rule of rules) lines.push(`add rule ip ${table} ${name} ${rule}`);
  }
  for (const home of homes) {
    const { gone, come } = elementChanges(now.elements.get(home), next.elements.get(home));
    if (gone.length > 0) lines.push(`delete element ip ${table} ${home} { ${gone.join(", ")} }`);
    if (come.length > 0) lines.push(`add element ip ${table} ${home} { ${come.join(", ")} }`);
  }
  for (const name of now.chains.keys()) {
    if (!next.chains.has(name)) lines.push(`flush chain ip ${table} ${name}`, `delete chain ip ${table} ${name}`);
  }
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

const sameRules = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((rule, i) => rule === b[i]);

function elementChanges(now: ReadonlyMap<string, string> = new Map(), next: ReadonlyMap<string, string> = new Map()) {
  const text = (key: string, value: string) => (value ? `${key} : ${value}` : key);
  const gone: string[] = [];
  const come: string[] = [];
  for (const [key, value] of now) if (next.get(key) !== value) gone.push(text(key, value));
  for (const [key, value] of next) if (now.get(key) !== value) come.push(text(key, value));
  return { gone, come };
}

export const emptyRuleset: Ruleset = { chains: new Map(), elements: new Map() };
