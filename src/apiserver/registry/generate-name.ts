import { randomInt } from "node:crypto";

/** No vowels and nothing that looks like one, so that no words come out. */
const alphabet = "bcdfghjklmnpqrstvwxz2456789";
const suffixLength = 5;
const longestPrefix = 63 - suffixLength;

/** The prefix, cut to what leaves room, and five random characters. */
export function generateName(prefix: string): string {
  let name = prefix.slice(0, longestPrefix);
  for (let i = 0; i < suffixLength; i++) name += alphabet[randomInt(alphabet.length)];
  return name;
}
