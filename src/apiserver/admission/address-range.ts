import { isIPv4 } from "node:net";
import type { NumberPool } from "./number-pool.ts";

/** IPv4 addresses as numbers, and what a CIDR leaves to give away. */
export interface AddressRange {
  readonly text: string;
  readonly first: number;
  readonly last: number;
}

/** Without the address of the network itself and the broadcast address. Throws Error. */
export function parseRange(cidr: string): AddressRange {
  const [address = "", length = ""] = cidr.split("/");
  const bits = Number(length);
  const network = addressNumber(address);
  if (network === undefined || !/^\d+$/.test(length) || bits < 8 || bits > 30) {
    throw new Error(`${cidr} is no IPv4 range that service addresses can be taken from`);
  }
  const size = 2 ** (32 - bits);
  const start = network - (network % size);
  return { text: `${addressText(start)}/${bits}`, first: start + 1, last: start + size - 2 };
}

export function addressNumber(text: string): number | undefined {
  if (!isIPv4(text)) return undefined;
  return text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

export const addressText = (number: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");

const smallestBand = 16;
const largestBand = 256;

/** Where the addresses begin that are given away unasked: those before are kept for services that ask for one. */
export function dynamicFrom({ first, last }: Pick<NumberPool, "first" | "last">): number {
  const size = last - first + 3;
  if (size < smallestBand) return first;
  return first + Math.min(Math.max(smallestBand, Math.floor(size / 16)), largestBand);
}
