import assert from "node:assert/strict";
import { test } from "node:test";
import { GroupCommit } from "./group-commit.ts";
import { type Change, type Entry, StorageConflict } from "./storage.ts";

/** A store in a map whose commits end when the test says so. */
function fixture() {
  const entries = new Map<string, Entry>();
  const commits: { changes: readonly Change[]; end: (error?: Error) => void }[] = [];
  const group = new GroupCommit({
    head: 10,
    read: (key) => entries.get(key),
    commit: (changes) =>
      new Promise((resolve, reject) => {
        commits.push({ changes, end: (error) => (error ? reject(error) : resolve()) });
      }),
    committed: (changes) => {
      for (const { key, entry } of changes) entry ? entries.set(key, entry) : entries.delete(key);
    },
  });
  const put = (key: string, expect = 0) => group.write({ key, value: new Uint8Array([1]), expect });
  return { group, put, commits };
}

const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

test("one commit for a turn, and one for all that came while it was under way", async () => {
  const { put, commits } = fixture();
  const first = ["a", "b", "c"].map((key) => put(key));
  await turn();
  assert.deepEqual(
    commits.map((c) => c.changes.map((x) => x.revision)),
    [[11, 12, 13]],
  );
  const second = [put("d"), turn().then(() => put("e"))];
  await turn();
  assert.equal(commits.length, 1);
  commits[0]!.end();
  assert.deepEqual(
    (await Promise.all(first)).map((x) => x.key),
    ["a", "b", "c"],
  );
  await turn();
  assert.deepEqual(
    commits[1]!.changes.map((x) => x.key),
    ["d", "e"],
  );
  commits[1]!.end();
  await Promise.all(second);
});

test("a failed commit fails its own writes and nothing else, and uses no revision", async () => {
  const { put, commits } = fixture();
  const lost = [put("a"), put("b")];
  await turn();
  const next = put("c");
  commits[0]!.end(new Error("no space"));
  for (const write of lost) await assert.rejects(write, /no space/);
  await turn();
  commits[1]!.end();
  assert.equal((await next).revision, 11);
  const again = put("a");
  await turn();
  commits[2]!.end();
  assert.equal((await again).revision, 12);
});

test("a write of a key that is being written checks against what came of it", async () => {
  const { put, commits } = fixture();
  const first = put("a");
  const second = assert.rejects(put("a"), (e) => e instanceof StorageConflict && e.current?.revision === 11);
  await turn();
  commits[0]!.end();
  await first;
  await second;
  const third = put("b");
  const fourth = put("b");
  await turn();
  commits[1]!.end(new Error("no space"));
  await assert.rejects(third, /no space/);
  await turn();
  commits[2]!.end();
  assert.equal((await fourth).key, "b");
});

test("what must be alone runs between commits, and its failure is its own", async () => {
  const { group, put, commits } = fixture();
  const write = put("a");
  await turn();
  const order: string[] = [];
  const alone = group.exclusively(async () => {
    order.push("alone");
    throw new Error("oops");
  });
  const later = put("b");
  commits[0]!.end();
  await write;
  order.push("written");
  await assert.rejects(alone, /oops/);
  await turn();
  commits[1]!.end();
  await later;
  assert.deepEqual(order.sort(), ["alone", "written"]);
});
