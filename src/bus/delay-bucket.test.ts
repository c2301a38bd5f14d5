import assert from "node:assert/strict";
import { test } from "node:test";
import { delayBucket } from "./delay-bucket.ts";

test("delays are never shortened, and at most a tenth too long", () => {
  assert.deepEqual([0, -5, 1, 99, 100, 101, 999, 12_345].map(delayBucket), [0, 0, 1, 99, 100, 110, 1_000, 13_000]);
  for (let ms = 1; ms < 1e7; ms = Math.ceil(ms * 1.37)) {
    assert.ok(delayBucket(ms) >= ms && delayBucket(ms) <= Math.ceil(ms * 1.1), String(ms));
  }
});
