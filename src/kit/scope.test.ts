import assert from "node:assert/strict";
import { test } from "node:test";
import { type Component, run } from "./scope.ts";

function recorder() {
  const log: string[] = [];
  const part = (name: string): Component => ({
    name,
    async start(scope) {
      log.push(`${name} starts`);
      scope.defer(() => void log.push(`${name} cleans up`));
      scope.spawn("task", async (signal) => {
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
        log.push(`${name} task ends`);
      });
    },
  });
  return { log, part };
}

test("components start in order and stop in reverse, tasks before cleanups", async () => {
  const { log, part } = recorder();
  const running = await run([part("a"), part("b")]);
  await running.stop();
  assert.deepEqual(log, ["a starts", "b starts", "b task ends", "b cleans up", "a task ends", "a cleans up"]);
});

test("when one cannot start, those before it are stopped and the error is thrown", async () => {
  const { log, part } = recorder();
  const broken: Component = { name: "broken", start: () => Promise.reject(new Error("no port")) };
  await assert.rejects(run([part("a"), broken, part("c")]), /no port/);
  assert.deepEqual(log, ["a starts", "a task ends", "a cleans up"]);
});

test("a task that fails, fails the run, and says which it was", async () => {
  const part: Component = {
    name: "part",
    start: async (scope) => scope.spawn("work", () => Promise.reject(new Error("boom"))),
  };
  await using running = await run([part]);
  const error = await running.failed.catch((e: unknown) => e as Error);
  assert.match(String(error), /part: work failed/);
  assert.match(String((error as Error).cause), /boom/);
});

test("a task that does not end is named, and the cleanups run all the same", async () => {
  let cleaned = false;
  const part: Component = {
    name: "part",
    async start(scope) {
      scope.defer(() => {
        cleaned = true;
      });
      scope.spawn("deaf", () => new Promise(() => {}));
    },
  };
  const running = await run([part]);
  const error = await running.stop({ graceMs: 5 }).catch((e: unknown) => e);
  assert.match(String((error as AggregateError).errors[0]), /part: still running: deaf/);
  assert.equal(cleaned, true);
});

test("stopping twice is stopping once", async () => {
  const { log, part } = recorder();
  const running = await run([part("a")]);
  await Promise.all([running.stop(), running.stop()]);
  assert.equal(log.filter((line) => line === "a cleans up").length, 1);
});
