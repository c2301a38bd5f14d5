import assert from "node:assert/strict";
import { test } from "node:test";
import { pageOf, undo } from "./history.ts";
import type { Entry } from "./storage.ts";

const entry = (key: string, revision: number): Entry => ({ key, value: new Uint8Array(), revision, created: 1 });
const brief = (entries: Iterable<Entry>) => [...entries].map(({ key, revision }) => `${key}@${revision}`);

test("what was written goes back to what it replaced", () => {
  const current = [entry("p/a", 9), entry("p/c", 3), entry("p/new", 8)];
  const changes = [
    { revision: 5, key: "p/a", previous: entry("p/a", 1), entry: entry("p/a", 5) },
    { revision: 6, key: "p/b", previous: entry("p/b", 2) },
    { revision: 7, key: "q/x", previous: entry("q/x", 2) },
    { revision: 8, key: "p/new", entry: entry("p/new", 8) },
    { revision: 9, key: "p/a", previous: entry("p/a", 5), entry: entry("p/a", 9) },
    { revision: 10, key: "p/z", previous: entry("p/z", 4) },
  ];
  assert.deepEqual(brief(undo(current, changes, { prefix: "p/" })), ["p/a@1", "p/b@2", "p/c@3", "p/z@4"]);
  assert.deepEqual(brief(undo(current.slice(1), changes, { prefix: "p/", after: "p/a" })), ["p/b@2", "p/c@3", "p/z@4"]);
  assert.deepEqual(brief(undo(current, [], { prefix: "p/" })), ["p/a@9", "p/c@3", "p/new@8"]);
});

test("pages", () => {
  const entries = ["a", "b"].map((key) => entry(key, 1));
  assert.equal(pageOf(entries, 1).more, true);
  assert.equal(pageOf(entries, 2).more, false);
  assert.equal(pageOf(entries).entries.length, 2);
});
