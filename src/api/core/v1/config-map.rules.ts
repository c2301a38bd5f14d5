import type { Rules } from "#api/resource.ts";
import { invalid, type Problem, tooLong } from "#schema/problem.ts";
import { checkImmutable, checkKeys, decodedLength, largestData } from "./config-data.rules.ts";
import type { ConfigMap } from "./config-map.ts";

export const configMapRules: Rules<ConfigMap> = {
  check: (next, old) => [
    ...(old ? checkImmutable(next, old, ["data", "binaryData"]) : []),
    ...checkKeys(next.data, "data"),
    ...checkKeys(next.binaryData, "binaryData"),
    ...checkOverlap(next),
    ...checkSize(next),
  ],
};

function checkOverlap({ data = {}, binaryData = {} }: ConfigMap): Problem[] {
  const both = Object.keys(data).filter((key) => Object.hasOwn(binaryData, key));
  return both.map((key) => invalid(`data[${key}]`, key, "duplicate of key present in binaryData"));
}

function checkSize({ data = {}, binaryData = {} }: ConfigMap): Problem[] {
  const text = Object.values(data).reduce((sum, value) => sum + Buffer.byteLength(value), 0);
  const size = Object.values(binaryData).reduce((sum, value) => sum + decodedLength(value), text);
  return size > largestData ? [tooLong("", largestData)] : [];
}
