import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "#kit/clock.ts";
import { SchedulingQueue } from "./scheduling-queue.ts";

/** Timers run when the test says so, in their order. */
function handClock() {
  let now = 0;
  const timers = new Set<{ at: number; run: () => void }>();
  const clock: Clock = {
    now: () => now,
    after(ms, run) {
      const timer = { at: now + ms, run };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
  };
  const advance = (ms: number) => {
    now += ms;
    for (const timer of [...timers].toSorted((a, b) => a.at - b.at)) {
      if (timer.at > now) continue;
      timers.delete(timer);
      timer.run();
    }
  };
  return { clock, advance, timers };
}

async function taken(queue: SchedulingQueue, count: number): Promise<(string | undefined)[]> {
  const keys: (string | undefined)[] = [];
  for (let i = 0; i < count; i++) keys.push(await queue.take());
  return keys;
}

test("the important first, then those who came first", async () => {
  const queue = new SchedulingQueue(handClock().clock);
  const pods: [string, number][] = [
    ["a", 0],
    ["b", 5],
    ["c", 0],
    ["d", 9],
    ["e", 5],
    ["f", -1],
  ];
  for (const [key, priority] of pods) queue.add(key, priority);
  queue.add("a", 0);
  queue.forget("c");
  assert.deepEqual(await taken(queue, 5), ["d", "b", "e", "a", "f"]);
});

test("a parked pod wakes for what may help it, after its back-off", async () => {
  const { clock, advance } = handClock();
  const queue = new SchedulingQueue(clock);
  queue.add("a", 0);
  await queue.take();
  queue.park("a", new Set(["podGone"]));
  queue.wake("podPlaced");
  assert.ok(queue.isParked("a"));
  queue.wake("podGone");
  const next = queue.take();
  advance(50);
  assert.equal(await Promise.race([next, Promise.resolve("nobody yet")]), "nobody yet");
  advance(50);
  assert.equal(await next, "a");
});

test("a parked pod is looked at after some minutes even when nothing has happened", async () => {
  const { clock, advance } = handClock();
  const queue = new SchedulingQueue(clock);
  queue.add("a", 0);
  await queue.take();
  queue.park("a", new Set(["node"]));
  advance(299_000);
  assert.ok(queue.isParked("a"));
  advance(1000);
  assert.equal(await queue.take(), "a");
});

test("what happens during the work is not missed", async () => {
  const { clock, advance } = handClock();
  const queue = new SchedulingQueue(clock);
  queue.add("a", 0);
  await queue.take();
  queue.wake("node");
  queue.park("a", new Set(["node"]));
  assert.ok(!queue.isParked("a"));
  advance(100);
  assert.equal(await queue.take(), "a");
  queue.add("a", 0);
  queue.done("a");
  assert.equal(await queue.take(), "a", "it was changed meanwhile");
});

test("retries come later and later; a forgotten pod never", async () => {
  const { clock, advance, timers } = handClock();
  const queue = new SchedulingQueue(clock);
  queue.add("a", 0);
  for (const ms of [100, 200, 400]) {
    await queue.take();
    queue.retry("a");
    assert.deepEqual(
      [...timers].map(({ at }) => at - clock.now()),
      [ms],
    );
    advance(ms);
  }
  await queue.take();
  queue.retry("a");
  queue.forget("a");
  assert.equal(timers.size, 0);
  queue.close();
  assert.equal(await queue.take(), undefined);
});
