import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "./fake-clock.ts";

test("timers run in order, each at its moment", async () => {
  const clock = new FakeClock();
  const start = clock.now();
  const ran: [string, number][] = [];
  const note = (name: string) => () => void ran.push([name, clock.now() - start]);
  clock.after(20, note("late"));
  clock.after(10, () => {
    note("first")();
    clock.after(5, note("set meanwhile"));
  });
  clock.after(10, note("second"));
  const cancel = clock.after(15, note("cancelled"));
  cancel();
  await clock.advance(19);
  assert.deepEqual(ran, [
    ["first", 10],
    ["second", 10],
    ["set meanwhile", 15],
  ]);
  assert.equal(clock.now() - start, 19);
  assert.equal(clock.next, 1);
  await clock.advance(1);
  assert.equal(ran.at(-1)?.[0], "late");
  assert.equal(clock.pending, 0);
});

test("what a timer sets off comes to rest before the next one runs", async () => {
  const order: string[] = [];
  const clock = new FakeClock(() => new Promise((resolve) => setImmediate(resolve)));
  clock.after(1, () => setImmediate(() => order.push("work of the first")));
  clock.after(2, () => order.push("second"));
  await clock.advance(5);
  assert.deepEqual(order, ["work of the first", "second"]);
});
