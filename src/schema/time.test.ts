import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalTime } from "./time.ts";

test("times are kept in UTC, in whole seconds or microseconds", () => {
  const seconds = { micro: false };
  assert.equal(canonicalTime("2026-01-02T03:04:05Z", seconds), "2026-01-02T03:04:05Z");
  assert.equal(canonicalTime("2026-01-02T03:04:05.999Z", seconds), "2026-01-02T03:04:05Z");
  assert.equal(canonicalTime("2026-01-01T01:04:05+02:00", seconds), "2025-12-31T23:04:05Z");
  assert.equal(canonicalTime("2026-01-02T03:04:05.123456Z", { micro: true }), "2026-01-02T03:04:05.123456Z");
  assert.equal(canonicalTime("2026-01-02T03:04:05.000001-01:00", { micro: true }), "2026-01-02T04:04:05.000001Z");
});

test("what is no time is refused in Go's words", () => {
  const cases: readonly [string, boolean, string][] = [
    ["", false, 'parsing time "" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "2006"'],
    ["today", false, 'parsing time "today" as "2006-01-02T15:04:05Z07:00": cannot parse "today" as "2006"'],
    ["2026-01-02", false, 'parsing time "2026-01-02" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T"'],
    ["2026-13-02T03:04:05Z", false, 'parsing time "2026-13-02T03:04:05Z": month out of range'],
    ["2026-02-30T03:04:05Z", false, 'parsing time "2026-02-30T03:04:05Z": day out of range'],
    ["2026-02-03T24:04:05Z", false, 'parsing time "2026-02-03T24:04:05Z": hour out of range'],
    ["2026-02-03T03:04:05Zx", false, 'parsing time "2026-02-03T03:04:05Zx": extra text: "x"'],
    [
      "2026-01-02T03:04:05Z",
      true,
      'parsing time "2026-01-02T03:04:05Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"',
    ],
  ];
  for (const [text, micro, message] of cases) assert.throws(() => canonicalTime(text, { micro }), { message });
});
