import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "#testing/fake-clock.ts";
import { pause, sleep } from "./sleep.ts";

test("a sleep ends when the clock says so", async () => {
  const clock = new FakeClock();
  let over = false;
  const slept = sleep(1000, clock).then(() => {
    over = true;
  });
  await clock.advance(999);
  assert.equal(over, false);
  await clock.advance(1);
  await slept;
});

test("an abort ends a sleep with its reason, and takes the timer away", async () => {
  const clock = new FakeClock();
  const abort = new AbortController();
  const slept = sleep(1000, clock, abort.signal);
  abort.abort(new Error("enough"));
  await assert.rejects(slept, /enough/);
  assert.equal(clock.pending, 0);
  await assert.rejects(sleep(1000, clock, abort.signal), /enough/);
});

test("a pause ends at its time or at the abort, without an error", async () => {
  const clock = new FakeClock();
  const abort = new AbortController();
  const timed = pause(10, clock, abort.signal);
  await clock.advance(10);
  await timed;
  const paused = pause(1000, clock, abort.signal);
  abort.abort();
  await paused;
  assert.equal(clock.pending, 0);
});
