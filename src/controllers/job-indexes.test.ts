import assert from "node:assert/strict";
import { test } from "node:test";
import { formatIndexes, parseIndexes } from "./job-indexes.ts";

test("indexes are written as Kubernetes writes them, and read back", () => {
  const text = "0,2-4,7,8,11";
  assert.deepEqual([...parseIndexes(text)], [0, 2, 3, 4, 7, 8, 11]);
  assert.equal(formatIndexes(parseIndexes(text)), text);
  assert.deepEqual([...parseIndexes("0-9", 3)], [0, 1, 2], "those that there no longer are do not count");
  assert.deepEqual([formatIndexes(new Set()), parseIndexes("").size, parseIndexes(undefined).size], ["", 0, 0]);
});
