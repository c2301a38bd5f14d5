import assert from "node:assert/strict";
import { test } from "node:test";
import { ChangeLog, follow } from "./change-log.ts";
import { type Change, Compacted } from "./storage.ts";

const change = (revision: number, key = `k${revision}`): Change => ({ revision, key });
const never = new AbortController().signal;
const revisions = (changes: readonly Change[]) => changes.map(({ revision }) => revision);

test("what is held, and what is not any more", () => {
  const log = new ChangeLog(10, { changes: 3, bytes: 1e6 });
  log.append([11, 12, 13, 15].map((revision) => change(revision)));
  assert.deepEqual([log.floor, log.head], [11, 15]);
  assert.deepEqual(revisions(log.after(11)), [12, 13, 15]);
  assert.deepEqual(revisions(log.after(13)), [15]);
  assert.deepEqual(revisions(log.after(14, 5)), [15]);
  assert.deepEqual(revisions(log.after(11, 2)), [12, 13]);
  assert.deepEqual(log.after(99), []);
  assert.throws(() => log.after(10), Compacted);
  log.forget(13);
  assert.throws(() => log.after(12), Compacted);
  log.forget(1000);
  assert.equal(log.floor, 15);
  log.append([change(16)]);
  assert.deepEqual(revisions(log.after(15)), [16]);
});

test("a long life leaves nothing behind", () => {
  const log = new ChangeLog(0, { changes: 100, bytes: 1e9 });
  for (let revision = 1; revision <= 10_000; revision++) log.append([change(revision)]);
  assert.deepEqual(revisions(log.after(9_997)), [9_998, 9_999, 10_000]);
  assert.equal(log.floor, 9_900);
});

test("a reader that fell behind reads on from the disk, then from memory", async () => {
  const log = new ChangeLog(0, { changes: 2, bytes: 1e6 });
  const all = [1, 2, 3, 4, 5].map((revision) => change(revision));
  log.append(all);
  const asked: [number, number][] = [];
  const older = (from: number, until: number) => {
    asked.push([from, until]);
    return all.filter(({ revision }) => revision > from && revision <= until);
  };
  const reader = follow(log, { prefix: "", from: 1, signal: never, older });
  assert.deepEqual(revisions((await reader.next()).value ?? []), [2, 3]);
  assert.deepEqual(revisions((await reader.next()).value ?? []), [4, 5]);
  assert.deepEqual(asked, [[1, 3]]);
  await assert.rejects(follow(log, { prefix: "", from: 1, signal: never }).next(), Compacted);
});

test("a reader whose prefix nothing matches goes on waiting", async () => {
  const log = new ChangeLog(0);
  const abort = new AbortController();
  const reader = follow(log, { prefix: "wanted/", from: 0, signal: abort.signal }).next();
  log.append([change(1, "other/a")]);
  await new Promise((resolve) => setImmediate(resolve));
  log.append([change(2, "wanted/a"), change(3, "other/b")]);
  assert.deepEqual(revisions((await reader).value ?? []), [2]);
});
