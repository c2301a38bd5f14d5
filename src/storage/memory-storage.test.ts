import assert from "node:assert/strict";
import { test } from "node:test";
import { openMemoryStorage } from "./memory-storage.ts";
import { describeStorage } from "./storage.conformance.ts";
import { Compacted } from "./storage.ts";

describeStorage("memory", { open: async () => openMemoryStorage() });

test("history is kept for a number of changes, and for no more than so many bytes", async () => {
  const write = (storage: ReturnType<typeof openMemoryStorage>, i: number, size: number) =>
    storage.write({ key: `k${i}`, value: new Uint8Array(size), expect: 0 });
  const few = openMemoryStorage({ limits: { changes: 10, bytes: 1e6 } });
  for (let i = 1; i <= 30; i++) await write(few, i, 1);
  assert.equal((await few.list({ prefix: "", at: 20 })).entries.length, 20);
  await assert.rejects(few.list({ prefix: "", at: 19 }), Compacted);
  const small = openMemoryStorage({ limits: { changes: 1000, bytes: 10_000 } });
  for (let i = 1; i <= 30; i++) await write(small, i, 3000);
  await assert.rejects(small.list({ prefix: "", at: 20 }), Compacted);
  assert.equal((await small.list({ prefix: "", at: 29 })).entries.length, 29);
});
