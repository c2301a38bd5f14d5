import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeEntry, decodeUndo, encodeEntry, encodeUndo, redo } from "./lmdb-records.ts";
import type { Entry } from "./storage.ts";

const entry = (key: string, revision: number, value = "x"): Entry => ({
  key,
  value: Buffer.from(value),
  revision,
  created: 1,
});

test("records come back as they were written", () => {
  const big = entry("a/ü", 2 ** 53 - 1, "värde");
  assert.deepEqual(decodeEntry("a/ü", encodeEntry(big)), big);
  assert.deepEqual(decodeUndo(7, encodeUndo({ revision: 7, key: "a/ü", previous: big })), {
    revision: 7,
    key: "a/ü",
    previous: big,
  });
  assert.deepEqual(decodeUndo(7, encodeUndo({ revision: 7, key: "b" })), { revision: 7, key: "b" });
  const empty = entry("a", 1, "");
  assert.deepEqual(decodeUndo(2, encodeUndo({ revision: 2, key: "a", previous: empty })).previous, empty);
});

test("what a change wrote is what the next one of its key replaced, or what is there now", () => {
  const [a1, a3, b2] = [entry("a", 1), entry("a", 3), entry("b", 2)];
  const changes = redo(
    [
      { revision: 1, key: "a" },
      { revision: 2, key: "b" },
      { revision: 3, key: "a", previous: a1 },
      { revision: 4, key: "b", previous: b2 },
    ],
    (key) => (key === "a" ? a3 : undefined),
  );
  assert.deepEqual(changes, [
    { revision: 1, key: "a", entry: a1 },
    { revision: 2, key: "b", entry: b2 },
    { revision: 3, key: "a", entry: a3, previous: a1 },
    { revision: 4, key: "b", previous: b2 },
  ]);
});
