import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { missing, type RunningEngine, startRedis } from "../../test/support/engines.ts";
import { describeCheckpoint } from "./checkpoint.conformance.ts";
import { openRedisCheckpoint } from "./redis-checkpoint.ts";

describe("Redis", { skip: missing("redis-server") }, () => {
  let redis: RunningEngine;
  before(async () => {
    redis = await startRedis();
  });
  after(() => redis[Symbol.asyncDispose]());

  describeCheckpoint("redis", { open: (folder) => openRedisCheckpoint(redis.url, folder) });

  test("nodes on one Redis keep apart", async () => {
    const [a, b] = [await openRedisCheckpoint(redis.url, "a"), await openRedisCheckpoint(redis.url, "b")];
    await a.save("k", Buffer.from("of a"));
    assert.equal((await b.load()).size, 0);
    await Promise.all([a.close?.(), b.close?.()]);
  });

  test("killed under load and started again: what was acknowledged is there, what waited is saved", async () => {
    const checkpoint = await openRedisCheckpoint(redis.url, "storm");
    const saved = new Map<string, number>();
    let ends = false;
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let i = 1; !ends; i++) {
        await checkpoint.save(`k${writer}`, Buffer.from(String(i)));
        saved.set(`k${writer}`, i);
      }
    });
    while (!((saved.get("k0") ?? 0) > 50)) await new Promise((next) => setImmediate(next));
    await redis.engine.kill();
    const atKill = new Map(saved);
    await redis.engine.start();
    const again = await openRedisCheckpoint(redis.url, "storm");
    const found = await again.load();
    for (const [key, value] of atKill) assert.ok(Number(found.get(key)?.toString()) >= value, `${key} went back`);
    while (!((saved.get("k0") ?? 0) > atKill.get("k0")! + 10)) await new Promise((next) => setImmediate(next));
    ends = true;
    await Promise.all(writers);
    const end = await again.load();
    for (const [key, value] of saved) assert.equal(Number(end.get(key)?.toString()), value);
    await Promise.all([checkpoint.close?.(), again.close?.()]);
  });

  test("a Redis that is away is named in one sentence, its password is not", async () => {
    await assert.rejects(
      openRedisCheckpoint("redis://:secret@127.0.0.1:1", "n"),
      /^Error: redis:\/\/127.0.0.1:1 does not answer: connect ECONNREFUSED 127.0.0.1:1$/,
    );
  });
});
