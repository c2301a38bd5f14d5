import { isIP } from "node:net";
import type { Rules } from "#api/resource.ts";
import { duplicate, forbidden, invalid, type Problem } from "#schema/problem.ts";
import type { Node } from "./node.ts";

export const nodeRules: Rules<Node> = {
  check: (next, old) => [
    ...checkTaints(next),
    ...checkRanges(next),
    ...checkAddresses(next),
    ...(old ? checkFixed(next, old) : []),
  ],
};

function checkTaints({ spec: { taints = [] } }: Node): Problem[] {
  const ids = taints.map(({ key, effect }) => `${key}:${effect}`);
  return taints.flatMap((taint, i) => (ids.indexOf(ids[i]!) < i ? [duplicate(`metadata.taints[${i}]`, taint)] : []));
}

function checkRanges({ spec: { podCIDRs = [] } }: Node): Problem[] {
  const text = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
  return podCIDRs.flatMap((range, i) => (isRange(range) ? [] : [invalid(`spec.podCIDRs[${i}]`, range, text)]));
}

function isRange(text: string): boolean {
  const [, address = "", length = ""] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const family = isIP(address);
  return family !== 0 && Number(length) <= (family === 4 ? 32 : 128);
}

function checkAddresses({ status }: Node): Problem[] {
  const ids = (status?.addresses ?? []).map(({ type, address }) => `${type} ${address}`);
  return (status?.addresses ?? []).flatMap((address, i) =>
    ids.indexOf(ids[i]!) < i ? [duplicate(`status.addresses[${i}]`, address)] : [],
  );
}

function checkFixed({ spec: next }: Node, { spec: old }: Node): Problem[] {
  const problems: Problem[] = [];
  const before = old.podCIDRs ?? [];
  if (before.length > 0 && before.join() !== (next.podCIDRs ?? []).join()) {
    problems.push(forbidden("spec.podCIDRs", 'node updates may not change podCIDR except from "" to valid'));
  }
  if (old.providerID && old.providerID !== next.providerID) {
    problems.push(forbidden("spec.providerID", 'node updates may not change providerID except from "" to valid'));
  }
  return problems;
}
