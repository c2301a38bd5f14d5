import assert from "node:assert/strict";
import { test } from "node:test";
import { isTimeZone, parseSchedule } from "./cron-schedule.ts";

const noon = Date.UTC(2030, 0, 1, 12, 0, 0);
const next = (text: string, zone = "UTC", after = noon) => {
  const ms = parseSchedule(text, zone).next(after);
  return ms && new Date(ms).toISOString().slice(0, 16);
};

test("the next time, never the present one", () => {
  assert.equal(next("*/5 * * * *"), "2030-01-01T12:05");
  assert.equal(next("0 12 * * *"), "2030-01-02T12:00");
  assert.equal(next("@hourly"), "2030-01-01T13:00");
  assert.equal(next("30 9 * * MON-FRI"), "2030-01-02T09:30");
  assert.equal(next("0 0 13 * 5"), "2030-01-04T00:00", "the 13th or a Friday, whichever comes first");
  assert.equal(next("@every 1h30m"), "2030-01-01T13:30");
  assert.equal(next("0 0 30 2 *"), undefined);
});

test("time zones and their summer times", () => {
  assert.equal(next("0 9 * * *", "Asia/Tokyo"), "2030-01-02T00:00");
  assert.equal(next("0 9 * * *", "Europe/Berlin", Date.UTC(2030, 6, 1, 12)), "2030-07-02T07:00");
  assert.deepEqual(["Europe/Berlin", "UTC", "Mars/Base"].map(isTimeZone), [true, true, false]);
});

test("what is no schedule", () => {
  assert.throws(() => parseSchedule("* * *"), { message: "expected exactly 5 fields, found 3: [* * *]" });
  assert.throws(() => parseSchedule("@often"), { message: "unrecognized descriptor: @often" });
  for (const text of ["99 * * * *", "* * L * *", "* * * * 7", "a * * * *", "@every soon"]) {
    assert.throws(() => parseSchedule(text), Error, text);
  }
});
