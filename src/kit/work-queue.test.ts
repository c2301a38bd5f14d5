import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "./clock.ts";
import { WorkQueue } from "./work-queue.ts";

function handClock() {
  let now = 0;
  const timers = new Set<{ at: number; run: () => void }>();
  const clock: Clock = {
    now: () => now,
    after(ms, run) {
      const timer = { at: now + ms, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  };
  const advance = (ms: number) => {
    now += ms;
    for (const timer of [...timers]) {
      if (timer.at > now) continue;
      timers.delete(timer);
      timer.run();
    }
  };
  return { clock, advance, timers };
}

test("a key waits once however often it is added", async () => {
  const queue = new WorkQueue(handClock().clock);
  queue.add("a");
  queue.add("a");
  queue.add("b");
  assert.equal(queue.length, 2);
  assert.deepEqual([await queue.take(), await queue.take()], ["a", "b"]);
});

test("a key added while it is worked on is handed out again, and only afterwards", async () => {
  const queue = new WorkQueue(handClock().clock);
  queue.add("a");
  const key = (await queue.take()) as string;
  queue.add("a");
  assert.equal(queue.length, 0);
  assert.equal(queue.idle, false);
  queue.done(key);
  assert.equal(await queue.take(), "a");
  queue.done("a");
  assert.equal(queue.idle, true);
});

test("a waiting taker gets the next key at once, and undefined when the queue closes", async () => {
  const queue = new WorkQueue(handClock().clock);
  const first = queue.take();
  const second = queue.take();
  queue.add("a");
  assert.equal(await first, "a");
  queue.close();
  assert.equal(await second, undefined);
  queue.add("b");
  assert.equal(await queue.take(), undefined);
});

test("retries wait longer each time until the key is forgotten", async () => {
  const { clock, advance } = handClock();
  const queue = new WorkQueue(clock, { initialMs: 10, maxMs: 30 });
  const waits: number[] = [];
  for (let i = 0; i < 4; i++) {
    queue.retry("a");
    let waited = 0;
    while (queue.length === 0) {
      advance(5);
      waited += 5;
    }
    waits.push(waited);
    queue.done((await queue.take()) as string);
  }
  assert.deepEqual(waits, [10, 20, 30, 30]);
  queue.forget("a");
  assert.equal(queue.retries("a"), 0);
});

test("of two waits for one key the earlier wins, and closing leaves no timer", () => {
  const { clock, advance, timers } = handClock();
  const queue = new WorkQueue(clock);
  queue.addAfter("a", 100);
  queue.addAfter("a", 20);
  queue.addAfter("a", 50);
  assert.equal(timers.size, 1);
  advance(20);
  assert.equal(queue.length, 1);
  queue.addAfter("b", 100);
  queue.close();
  assert.equal(timers.size, 0);
});
