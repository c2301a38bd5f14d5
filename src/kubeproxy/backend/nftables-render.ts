import type { Backend, ServiceMap, ServicePortRoute } from "../service-map.ts";

/**
 * What a table holds beside its fixed part: the elements of its sets and maps. An element's value is what it maps to,
 * empty in a set. There is no chain or rule for a single Service, so the kernel's work for a change does not grow with
 * the number of Services.
 */
export type Ruleset = ReadonlyMap<string, ReadonlyMap<string, string>>;

export const emptyRuleset: Ruleset = new Map();

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

/** How packets are looked up: by the address and port they go to, or by a port of the node. */
const lookups = {
  address: "ip daddr . meta l4proto . th dport",
  nodePort: "meta l4proto . th dport",
} as const;

/** Seed of the hash that gives a caller its backend, where one is to be kept. */
const affinitySeed = "0x6b387331";

/**
 * Backends lie in maps by their number: `spread_address_3` has, for everything that leads to three backends, the elements
 * (where to, number 0…2) → backend. One rule a map picks a number and looks the backend up.
 */
interface Spread {
  readonly name: string;
  readonly lookup: keyof typeof lookups;
  readonly count: number;
  /** A caller keeps its backend: the number comes from its address. */
  readonly sticky: boolean;
}

const spreadPattern = /^(spread|sticky)_(address|nodePort)_(\d+)$/;

function spreadNamed(name: string): Spread | undefined {
  const [, kind, lookup, count] = spreadPattern.exec(name) ?? [];
  if (count === undefined) return undefined;
  return { name, lookup: lookup as Spread["lookup"], count: Number(count), sticky: kind === "sticky" };
}

/** The key by which a rule looks a backend up. */
function keyOf({ lookup, count, sticky }: Pick<Spread, "lookup" | "count" | "sticky">): string {
  if (count === 1) return lookups[lookup];
  const number = sticky ? `jhash ip saddr mod ${count} seed ${affinitySeed}` : `numgen random mod ${count}`;
  return `${lookups[lookup]} . ${number}`;
}

/**
 * The part of the table that never changes: where the kernel's hooks look up sets and maps.
 * Chains for refusal are plain filters, since a packet can be refused only outside of nat.
 */
export function renderBase({ table, clusterCidr, loopbackVia }: NftablesOptions): string {
  const local = `fib daddr type local${loopbackVia ? "" : " ip daddr != 127.0.0.0/8"}`;
  const mark = `meta mark set meta mark or ${masqueradeMark}`;
  return `add table ip ${table}
delete table ip ${table}
table ip ${table} {
  set cluster_addresses { type ipv4_addr . inet_proto . inet_service; }
  set masquerade_addresses { type ipv4_addr . inet_proto . inet_service; }
  set masquerade_nodePorts { type inet_proto . inet_service; }
  set hairpin { type ipv4_addr . ipv4_addr; }
  map refused_addresses { type ipv4_addr . inet_proto . inet_service : verdict; }
  map refused_nodePorts { type inet_proto . inet_service : verdict; }

  chain refuse { reject; }
  chain discard { drop; }

  chain spread_addresses { }
  chain spread_nodePorts { }
  chain services {
    ip saddr != ${clusterCidr} ${lookups.address} @cluster_addresses ${mark}
    ${lookups.address} @masquerade_addresses ${mark}
    jump spread_addresses
    ${local} ${lookups.nodePort} @masquerade_nodePorts ${mark}
    ${local} jump spread_nodePorts
  }
  chain refusals {
    ${lookups.address} vmap @refused_addresses
    ${local} ${lookups.nodePort} vmap @refused_nodePorts
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

type Put = (home: string, key: string, value?: string) => void;

export function renderRules(map: ServiceMap): Ruleset {
  const ruleset = new Map<string, Map<string, string>>();
  const put: Put = (home, key, value = "") => {
    let elements = ruleset.get(home);
    if (!elements) {
      elements = new Map();
      ruleset.set(home, elements);
    }
    elements.set(key, value);
  };
  for (const route of map) {
    addAddresses(route, put);
    addNodePort(route, put);
    for (const { ip } of [...route.internal, ...route.external]) put("hairpin", `${ip} . ${ip}`);
  }
  return ruleset;
}

function addAddresses(route: ServicePortRoute, put: Put): void {
  const { protocol, port, clusterIps, externalIps, internal, external, externalLocal } = route;
  for (const ip of clusterIps) {
    const key = `${ip} . ${protocol} . ${port}`;
    if (internal.length === 0) put("refused_addresses", key, "goto refuse");
    else put("cluster_addresses", key);
    putBackends(route, { lookup: "address", key, backends: internal }, put);
  }
  for (const ip of externalIps) {
    const key = `${ip} . ${protocol} . ${port}`;
    if (external.length === 0) put("refused_addresses", key, refusal(route));
    else if (!externalLocal) put("masquerade_addresses", key);
    putBackends(route, { lookup: "address", key, backends: external }, put);
  }
}

function addNodePort(route: ServicePortRoute, put: Put): void {
  const { protocol, nodePort, external, externalLocal } = route;
  if (!nodePort) return;
  const key = `${protocol} . ${nodePort}`;
  if (external.length === 0) put("refused_nodePorts", key, refusal(route));
  else if (!externalLocal) put("masquerade_nodePorts", key);
  putBackends(route, { lookup: "nodePort", key, backends: external }, put);
}

/** Another node may well have a backend when only local ones count: the caller is to try there, so nothing is said. */
const refusal = ({ externalLocal }: ServicePortRoute) => (externalLocal ? "goto discard" : "goto refuse");

interface Destination {
  readonly lookup: Spread["lookup"];
  readonly key: string;
  readonly backends: readonly Backend[];
}

function putBackends({ affinitySeconds }: ServicePortRoute, { lookup, key, backends }: Destination, put: Put): void {
  const count = backends.length;
  const kind = affinitySeconds !== undefined && count > 1 ? "sticky" : "spread";
  backends.forEach(({ ip, port }, number) => {
    put(`${kind}_${lookup}_${count}`, count === 1 ? key : `${key} . ${number}`, `${ip} . ${port}`);
  });
}

/** The commands that turn what the kernel has into what it should have; empty when nothing changed. */
export function renderDiff(table: string, now: Ruleset, next: Ruleset): string {
  const before = spreadsOf(now);
  const after = spreadsOf(next);
  const lines: string[] = [];
  for (const spread of after) if (!now.has(spread.name)) lines.push(...declaration(table, spread));
  const gone = before.filter(({ name }) => !next.has(name));
  if (gone.length > 0 || after.length > before.length) lines.push(...spreadRules(table, after));
  for (const home of new Set([...now.keys(), ...next.keys()])) {
    if (gone.some(({ name }) => name === home)) continue; // its elements go with it
    const { less, more } = elementChanges(now.get(home), next.get(home));
    if (less.length > 0) lines.push(`delete element ip ${table} ${home} { ${less.join(", ")} }`);
    if (more.length > 0) lines.push(`add element ip ${table} ${home} { ${more.join(", ")} }`);
  }
  for (const { name } of gone) lines.push(`delete map ip ${table} ${name}`);
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

function spreadsOf(ruleset: Ruleset): Spread[] {
  return [...ruleset.keys()].toSorted().flatMap((name) => spreadNamed(name) ?? []);
}

/** nft cannot print a map declared with a hash (1.0.6 dies of it); a random number is of the same type. */
function declaration(table: string, spread: Spread): string[] {
  return [
    `add map ip ${table} ${spread.name} {`,
    `  typeof ${keyOf({ ...spread, sticky: false })} : ip daddr . th dport;`,
    "}",
  ];
}

function spreadRules(table: string, spreads: readonly Spread[]): string[] {
  const chains = { address: "spread_addresses", nodePort: "spread_nodePorts" } as const;
  return [
    ...Object.values(chains).map((chain) => `flush chain ip ${table} ${chain}`),
    ...spreads.map(
      (spread) =>
        `add rule ip ${table} ${chains[spread.lookup]} meta l4proto { tcp, udp, sctp } dnat ip to ${keyOf(spread)} map @${spread.name}`,
    ),
  ];
}

function elementChanges(now: ReadonlyMap<string, string> = new Map(), next: ReadonlyMap<string, string> = new Map()) {
  const text = (key: string, value: string) => (value ? `${key} : ${value}` : key);
  const less: string[] = [];
  const more: string[] = [];
  for (const [key, value] of now) if (next.get(key) !== value) less.push(text(key, value));
  for (const [key, value] of next) if (now.get(key) !== value) more.push(text(key, value));
  return { less, more };
}
