import assert from "node:assert/strict";
import { test } from "node:test";
import { ago, humanDuration } from "./human-duration.ts";

const [s, m, h, d] = [1000, 60_000, 3_600_000, 86_400_000];

const spans: [ms: number, text: string][] = [
  [-3 * s, "<invalid>"],
  [-1 * s, "0s"],
  [0, "0s"],
  [119 * s, "119s"],
  [120 * s, "2m"],
  [3 * m + 12 * s, "3m12s"],
  [10 * m + 12 * s, "10m"],
  [179 * m, "179m"],
  [3 * h, "3h"],
  [5 * h + 8 * m, "5h8m"],
  [8 * h + 8 * m, "8h"],
  [47 * h, "47h"],
  [48 * h, "2d"],
  [3 * d + 5 * h, "3d5h"],
  [8 * d + 5 * h, "8d"],
  [729 * d, "729d"],
  [730 * d, "2y"],
  [760 * d, "2y30d"],
  [8 * 365 * d + 4 * d, "8y"],
];

for (const [ms, text] of spans) test(`${ms} ms are ${text}`, () => assert.equal(humanDuration(ms), text));

test("without a time nobody knows how long ago it was", () => {
  assert.equal(ago(undefined, 0), "<unknown>");
  assert.equal(ago("1970-01-01T00:00:00Z", 90 * s), "90s");
});
