import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";

interface Route {
  readonly device: string;
  readonly network: number;
  readonly mask: number;
}

const toNumber = (address: string) => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0) >>> 0;

/** The kernel's table has addresses as hexadecimal numbers in the machine's byte order. */
const fromTable = (hex: string) => {
  const [a, b, c, d] = hex.match(/../g) ?? [];
  return Number.parseInt(`${d}${c}${b}${a}`, 16) >>> 0;
};

function routes(): Route[] {
  const lines = readFileSync("/proc/net/route", "utf8").trim().split("\n").slice(1);
  return lines.map((line) => {
    const [device = "", network = "0", , , , , , mask = "0"] = line.split("\t");
    return { device, network: fromTable(network), mask: fromTable(mask) };
  });
}

/** Whether no route of this machine but the default one leads into the range. */
export function isFreeRange(cidr: string): boolean {
  const [address = "", bits = "0"] = cidr.split("/");
  const mask = (~0 << (32 - Number(bits))) >>> 0;
  const network = (toNumber(address) & mask) >>> 0;
  return routes().every((route) => {
    if (route.mask === 0) return true;
    const common = (mask & route.mask) >>> 0;
    return (network & common) >>> 0 !== (route.network & common) >>> 0;
  });
}

/** The IPv4 address of the interface that leads out; without one the first that is not loopback. */
export function hostAddress(): string {
  const interfaces = networkInterfaces();
  const out = routes().find((route) => route.mask === 0)?.device;
  const candidates = [
    ...(out ? (interfaces[out] ?? []) : []),
    ...Object.values(interfaces).flatMap((list) => list ?? []),
  ];
  return candidates.find((entry) => entry.family === "IPv4" && !entry.internal)?.address ?? "127.0.0.1";
}

/** The n-th address of a range, the network's own being the 0th. */
export function addressIn(cidr: string, n: number): string {
  const number = toNumber(cidr.split("/")[0] ?? "") + n;
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join(".");
}

/** The n-th part of `bits` length of a range, as the pod addresses of the n-th node. */
export function subnetOf(cidr: string, bits: number, n: number): string {
  return `${addressIn(cidr, n * 2 ** (32 - bits))}/${bits}`;
}
