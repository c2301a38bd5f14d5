import { createHash } from "node:crypto";
import type { Backend, ServiceMap, ServicePortRoute } from "../service-map.ts";

/** Chains of a table with their rules, each without its `-A CHAIN`. */
export type Chains = ReadonlyMap<string, readonly string[]>;

export interface IptablesRules {
  readonly nat: Chains;
  readonly filter: Chains;
}

export const noRules: IptablesRules = { nat: new Map(), filter: new Map() };

/** Where the kernel's own chains lead into ours; each is put in front once. */
export const hooks: readonly { readonly table: "nat" | "filter"; readonly chain: string; readonly rule: string }[] = [
  { table: "nat", chain: "PREROUTING", rule: "-j KUBE-SERVICES" },
  { table: "nat", chain: "OUTPUT", rule: "-j KUBE-SERVICES" },
  { table: "nat", chain: "POSTROUTING", rule: "-j KUBE-POSTROUTING" },
  { table: "filter", chain: "INPUT", rule: "-m conntrack --ctstate NEW -j KUBE-SERVICES" },
  { table: "filter", chain: "FORWARD", rule: "-m conntrack --ctstate NEW -j KUBE-SERVICES" },
  { table: "filter", chain: "OUTPUT", rule: "-m conntrack --ctstate NEW -j KUBE-SERVICES" },
];

const mark = "0x4000";

/** The chains of kube-proxy, under its names, so that who knows those finds the way. */
export function renderIptables(map: ServiceMap, { clusterCidr }: { readonly clusterCidr: string }): IptablesRules {
  const nat = new Map<string, string[]>([
    ["KUBE-MARK-MASQ", [`-j MARK --or-mark ${mark}`]],
    [
      "KUBE-POSTROUTING",
      [
        `-s ${clusterCidr} ! -d ${clusterCidr} -j MASQUERADE --random-fully`,
        `-m mark ! --mark ${mark}/${mark} -j RETURN`,
        `-j MARK --xor-mark ${mark}`,
        "-j MASQUERADE --random-fully",
      ],
    ],
    ["KUBE-SERVICES", []],
    ["KUBE-NODEPORTS", []],
  ]);
  const refusals: string[] = [];
  for (const route of map) addRoute(route, { nat, refusals, clusterCidr });
  nat.get("KUBE-SERVICES")?.push("-m addrtype --dst-type LOCAL -j KUBE-NODEPORTS"); // after all addresses
  return { nat, filter: new Map([["KUBE-SERVICES", refusals]]) };
}

interface Target {
  readonly nat: Map<string, string[]>;
  readonly refusals: string[];
  readonly clusterCidr: string;
}

function addRoute(route: ServicePortRoute, { nat, refusals, clusterCidr }: Target): void {
  const { id, protocol, port, internal, external, externalLocal, clusterIps, externalIps, nodePort } = route;
  const to = (ip: string) => `-d ${ip}/32 -p ${protocol} -m ${protocol} --dport ${port}`;
  const about = (what: string) => `-m comment --comment "${id} ${what}"`;
  const names = chainNames(route);

  if (internal.length > 0) {
    const outside = clusterIps.map((ip) => `! -s ${clusterCidr} ${to(ip)} -j KUBE-MARK-MASQ`);
    nat.set(names.service, [...outside, ...spread(route, internal, nat)]);
  }
  for (const ip of clusterIps) {
    if (internal.length > 0) nat.get("KUBE-SERVICES")?.push(`${to(ip)} ${about("cluster IP")} -j ${names.service}`);
    else refusals.push(`${to(ip)} ${about("has no endpoints")} -j REJECT`);
  }

  const refuse = externalLocal ? "DROP" : "REJECT";
  if (external.length > 0 && (nodePort || externalIps.length > 0)) {
    nat.set(names.external, externalLocal ? [] : ["-j KUBE-MARK-MASQ"]);
    nat
      .get(names.external)
      ?.push(...(sameBackends(internal, external) ? [`-j ${names.service}`] : spread(route, external, nat)));
  }
  for (const ip of externalIps) {
    if (external.length > 0) nat.get("KUBE-SERVICES")?.push(`${to(ip)} ${about("external IP")} -j ${names.external}`);
    else refusals.push(`${to(ip)} ${about("has no endpoints")} -j ${refuse}`);
  }
  if (!nodePort) return;
  const local = `-p ${protocol} -m ${protocol} --dport ${nodePort}`;
  if (external.length > 0) nat.get("KUBE-NODEPORTS")?.push(`${local} ${about("node port")} -j ${names.external}`);
  else refusals.push(`-m addrtype --dst-type LOCAL ${local} ${about("has no endpoints")} -j ${refuse}`);
}

const sameBackends = (a: readonly Backend[], b: readonly Backend[]) => JSON.stringify(a) === JSON.stringify(b);

/** Rules that lead to one of the backends, each with the same chance, and the chain of each backend. */
function spread(route: ServicePortRoute, backends: readonly Backend[], nat: Map<string, string[]>): string[] {
  const { protocol, affinitySeconds } = route;
  const chains = backends.map((backend) => {
    const name = endpointChain(route, backend);
    const remember = affinitySeconds === undefined ? "" : ` -m recent --name ${name} --set`;
    nat.set(name, [
      `-s ${backend.ip}/32 -j KUBE-MARK-MASQ`,
      `-p ${protocol}${remember} -m ${protocol} -j DNAT --to-destination ${backend.ip}:${backend.port}`,
    ]);
    return name;
  });
  const recent = chains.map(
    (name) => `-m recent --name ${name} --rcheck --seconds ${affinitySeconds} --reap -j ${name}`,
  );
  const random = chains.map((name, i) => {
    const left = chains.length - i;
    return left === 1 ? `-j ${name}` : `-m statistic --mode random --probability ${(1 / left).toFixed(10)} -j ${name}`;
  });
  return affinitySeconds === undefined ? random : [...recent, ...random];
}

/** As kube-proxy makes them: a hash of what the chain is for. */
function chainNames({ id, protocol }: ServicePortRoute): { service: string; external: string } {
  const hash = hashed(`${id}${protocol}`);
  return { service: `KUBE-SVC-${hash}`, external: `KUBE-EXT-${hash}` };
}

const endpointChain = ({ id, protocol }: ServicePortRoute, { ip, port }: Backend) =>
  `KUBE-SEP-${hashed(`${id}${protocol}${ip}:${port}`)}`;

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The first 16 letters of the base32 text of a SHA-256. */
function hashed(text: string): string {
  const bits = [...createHash("sha256").update(text).digest().subarray(0, 10)].map((byte) =>
    byte.toString(2).padStart(8, "0"),
  );
  const groups = bits.join("").match(/.{5}/g) ?? [];
  return groups.map((group) => alphabet[Number.parseInt(group, 2)]).join("");
}

/** Input of `iptables-restore --noflush` that turns what the kernel has into what it should have; empty when nothing changed. */
export function restoreDiff(now: IptablesRules, next: IptablesRules): string {
  return (["filter", "nat"] as const).map((table) => tableDiff(table, now[table], next[table])).join("");
}

function tableDiff(table: string, now: Chains, next: Chains): string {
  const changed = [...next].filter(([name, rules]) => now.get(name)?.join("\n") !== rules.join("\n") || !now.has(name));
  const gone = [...now.keys()].filter((name) => !next.has(name));
  if (changed.length === 0 && gone.length === 0) return "";
  return [
    `*${table}`,
    ...[...changed.map(([name]) => name), ...gone].map((name) => `:${name} - [0:0]`), // makes it, or empties it
    ...changed.flatMap(([name, rules]) => rules.map((rule) => `-A ${name} ${rule}`)),
    ...gone.map((name) => `-X ${name}`),
    "COMMIT\n",
  ].join("\n");
}
