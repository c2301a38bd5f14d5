import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalDuration, parseDuration } from "./duration.ts";

test("durations print as Go prints them", () => {
  const cases: Record<string, string> = {
    "0": "0s",
    "1h30m": "1h30m0s",
    "90s": "1m30s",
    "1.5s": "1.5s",
    "-1.5h": "-1h30m0s",
    "20ms": "20ms",
    "1500us": "1.5ms",
    "7ns": "7ns",
    "1.000000001s": "1.000000001s",
  };
  for (const [text, expected] of Object.entries(cases)) assert.equal(canonicalDuration(text), expected, text);
});

test("what is no duration is refused in Go's words", () => {
  for (const text of ["", "1", "s", ".s", "1d", "1h x", "10000000h"])
    assert.throws(() => parseDuration(text), { message: `time: invalid duration ${JSON.stringify(text)}` });
});
