import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { type Change, Compacted, type Entry, type Storage, StorageConflict } from "./storage.ts";

export interface StorageSubject {
  /** A new, empty store. */
  open(): Promise<Storage>;
  /** Closes the store and opens the same data again; missing where nothing outlives the process. */
  reopen?(storage: Storage): Promise<Storage>;
  /** What the engine cannot do, each with the reason. */
  readonly skip?: { readonly history?: string };
}

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (value: Uint8Array | undefined) => (value ? new TextDecoder().decode(value) : undefined);
/** Engines may return any kind of Uint8Array. */
const plain = (entry: Entry | undefined) => entry && { ...entry, value: text(entry.value) };
const brief = ({ revision, key, entry, previous }: Change) => [
  revision,
  key,
  text(entry?.value),
  text(previous?.value),
];

/** The contract of a storage engine as tests: whoever writes an engine runs them against it. */
export function describeStorage(name: string, subject: StorageSubject): void {
  describe(`storage: ${name}`, () => {
    const opened: Storage[] = [];
    const open = async () => {
      const storage = await subject.open();
      opened.push(storage);
      return storage;
    };
    after(() => Promise.all(opened.map((storage) => storage.close())));
    describeWrites(open);
    describeLists(open);
    if (!subject.skip?.history) describeHistory(open);
    describeWatches(open);
    const { reopen } = subject;
    if (!reopen) return;
    describeReopening(open, async (storage) => {
      const again = await reopen(storage);
      opened.push(again);
      return again;
    });
  });
}

type Open = () => Promise<Storage>;
const put = (storage: Storage, key: string, value: string, expect = 0) =>
  storage.write({ key, value: bytes(value), expect });
const remove = (storage: Storage, key: string, expect: number) => storage.write({ key, value: undefined, expect });

function describeWrites(open: Open): void {
  test("a new store is empty", async () => {
    const storage = await open();
    assert.equal(await storage.get("a"), undefined);
    assert.deepEqual((await storage.list({ prefix: "" })).entries, []);
  });

  test("create, update and delete are one verb with different expectations", async () => {
    const storage = await open();
    const start = await storage.revision();
    const created = await put(storage, "a", "1");
    assert.ok(created.revision > start);
    assert.equal(created.previous, undefined);
    assert.deepEqual(plain(created.entry), {
      key: "a",
      value: "1",
      revision: created.revision,
      created: created.revision,
    });
    const updated = await put(storage, "a", "2", created.revision);
    assert.ok(updated.revision > created.revision);
    assert.equal(updated.entry?.created, created.revision);
    assert.equal(text(updated.previous?.value), "1");
    assert.equal(text((await storage.get("a"))?.value), "2");
    assert.equal(await storage.revision(), updated.revision);
    const removed = await remove(storage, "a", updated.revision);
    assert.ok(removed.revision > updated.revision);
    assert.equal(removed.entry, undefined);
    assert.equal(removed.previous?.revision, updated.revision);
    assert.equal(await storage.get("a"), undefined);
    const again = await put(storage, "a", "3");
    assert.equal(again.entry?.created, again.revision);
  });

  test("a write that expects something else is refused with the current entry and changes nothing", async () => {
    const storage = await open();
    const { revision } = await put(storage, "a", "1");
    const refused = async (write: Promise<unknown>, current: number | undefined) => {
      await assert.rejects(
        write,
        (e) => e instanceof StorageConflict && e.key !== "" && e.current?.revision === current,
      );
    };
    await refused(put(storage, "a", "2"), revision);
    await refused(put(storage, "a", "2", revision + 1), revision);
    await refused(remove(storage, "a", revision + 1), revision);
    await refused(put(storage, "b", "2", 5), undefined);
    await refused(remove(storage, "b", 5), undefined);
    await refused(remove(storage, "b", 0), undefined);
    assert.equal(await storage.revision(), revision);
    assert.equal(text((await storage.get("a"))?.value), "1");
  });

  test("of writes started at once, one wins and the others see it", async () => {
    const storage = await open();
    const results = await Promise.allSettled(["1", "2", "3"].map((value) => put(storage, "a", value)));
    const won = results.filter((r) => r.status === "fulfilled");
    assert.equal(won.length, 1);
    for (const result of results) {
      if (result.status === "fulfilled") continue;
      assert.ok(result.reason instanceof StorageConflict);
      assert.equal(result.reason.current?.revision, won[0]!.value.revision);
    }
  });

  test("writes started at once get revisions of their own, in the order they were started where nobody else writes", async () => {
    const storage = await open();
    const keys = Array.from({ length: 50 }, (_, i) => `k${String(i).padStart(2, "0")}`);
    const changes = await Promise.all(keys.map((key) => put(storage, key, key)));
    const revisions = changes.map(({ revision }) => revision);
    const sorted = revisions.toSorted((a, b) => a - b);
    if (!storage.supports.otherWriters) assert.deepEqual(revisions, sorted);
    assert.equal(new Set(revisions).size, keys.length);
    assert.equal(await storage.revision(), sorted.at(-1));
  });

  test("values of any bytes and sizes come back as they were", async () => {
    const storage = await open();
    const sizes = [0, 1, 100, 4095, 4096, 4097, 1_500_000];
    for (const size of sizes) {
      const value = Uint8Array.from({ length: size }, (_, i) => (i * 7 + size) % 256);
      await storage.write({ key: `size/${size}`, value, expect: 0 });
      const read = (await storage.get(`size/${size}`))?.value;
      assert.ok(read && Buffer.compare(read, value) === 0, `${size} bytes`);
    }
    assert.equal((await storage.list({ prefix: "size/" })).entries.length, sizes.length);
  });

  test("a closed store refuses work", async () => {
    const storage = await open();
    await storage.close();
    await assert.rejects(storage.get("a"), /closed/);
    await assert.rejects(put(storage, "a", "1"), /closed/);
  });
}

function describeLists(open: Open): void {
  test("lists are sorted by key and keep to the prefix", async () => {
    const storage = await open();
    for (const key of ["b/2", "a/10", "b/1", "c", "b", "a/9", "b0"]) await put(storage, key, key);
    const keys = async (prefix: string) => (await storage.list({ prefix })).entries.map((e) => e.key);
    assert.deepEqual(await keys("b/"), ["b/1", "b/2"]);
    assert.deepEqual(await keys("b"), ["b", "b/1", "b/2", "b0"]);
    assert.deepEqual(await keys(""), ["a/10", "a/9", "b", "b/1", "b/2", "b0", "c"]);
    assert.deepEqual(await keys("x"), []);
    assert.equal((await storage.list({ prefix: "b/" })).revision, await storage.revision());
  });

  test("pages follow on one another and say whether there is more", async () => {
    const storage = await open();
    for (let i = 0; i < 5; i++) await put(storage, `p/${i}`, String(i));
    await put(storage, "q", "q");
    const first = await storage.list({ prefix: "p/", limit: 2 });
    assert.deepEqual([first.entries.map((e) => e.key), first.more], [["p/0", "p/1"], true]);
    const second = await storage.list({ prefix: "p/", limit: 2, after: "p/1" });
    assert.deepEqual([second.entries.map((e) => e.key), second.more], [["p/2", "p/3"], true]);
    const last = await storage.list({ prefix: "p/", limit: 2, after: "p/3" });
    assert.deepEqual([last.entries.map((e) => e.key), last.more], [["p/4"], false]);
    assert.equal((await storage.list({ prefix: "p/", limit: 5 })).more, false);
  });
}

function describeHistory(open: Open): void {
  test("lists show the store as it was", async () => {
    const storage = await open();
    const a = await put(storage, "a", "1");
    const b = await put(storage, "b", "1");
    const then = b.revision;
    await put(storage, "a", "2", a.revision);
    await remove(storage, "b", b.revision);
    await put(storage, "b", "new");
    await put(storage, "c", "1");
    const past = await storage.list({ prefix: "", at: then });
    assert.deepEqual(
      past.entries.map((e) => [e.key, text(e.value)]),
      [
        ["a", "1"],
        ["b", "1"],
      ],
    );
    assert.equal(past.revision, then);
    const page = await storage.list({ prefix: "", at: then, after: "a", limit: 1 });
    assert.deepEqual([page.entries.map((e) => e.key), page.more], [["b"], false]);
    assert.equal((await storage.list({ prefix: "", at: then, limit: 1 })).more, true);
    assert.equal((await storage.list({ prefix: "", at: a.revision })).entries.length, 1);
  });

  test("what was compacted is gone, what came after is not", async () => {
    const storage = await open();
    const first = await put(storage, "a", "1");
    const second = await put(storage, "a", "2", first.revision);
    await put(storage, "a", "3", second.revision);
    await storage.compact(second.revision + 1);
    await assert.rejects(storage.list({ prefix: "", at: first.revision }), Compacted);
    assert.equal(text((await storage.list({ prefix: "", at: second.revision })).entries[0]?.value), "2");
    const { signal } = new AbortController();
    await assert.rejects(next(storage.watch("", first.revision, signal)), Compacted);
    assert.equal(text((await storage.get("a"))?.value), "3");
  });
}

const next = async (changes: AsyncIterable<readonly Change[]>) => {
  for await (const batch of changes) return batch;
  return [];
};

/** The first `count` changes of a watch. */
async function take(storage: Storage, { prefix = "", from = 0, count = 1 }): Promise<Change[]> {
  const abort = new AbortController();
  const taken: Change[] = [];
  for await (const batch of storage.watch(prefix, from, abort.signal)) {
    taken.push(...batch);
    if (taken.length >= count) abort.abort();
  }
  return taken;
}

function describeWatches(open: Open): void {
  test("a watch tells what happened since, then what happens, without a gap", async () => {
    const storage = await open();
    const start = await storage.revision();
    const a = await put(storage, "w/a", "1");
    const b = await put(storage, "w/a", "2", a.revision);
    const taken = take(storage, { prefix: "w/", from: a.revision, count: 3 });
    const c = await put(storage, "w/b", "1");
    await put(storage, "x", "1");
    const d = await remove(storage, "w/a", b.revision);
    const expected = [
      [b.revision, "w/a", "2", "1"],
      [c.revision, "w/b", "1", undefined],
      [d.revision, "w/a", undefined, "2"],
    ];
    assert.deepEqual((await taken).map(brief), expected);
    const replayed = await take(storage, { prefix: "w/", from: start, count: 4 });
    assert.deepEqual(replayed.map(brief).slice(1), expected);
  });

  test("watchers see each change once and in order, while writes storm", async () => {
    const storage = await open();
    const from = await storage.revision();
    const count = 300;
    const watching = [1, 2, 3].map(() => take(storage, { prefix: "s/", from, count }));
    for (let i = 0; i < count; i += 20)
      await Promise.all(Array.from({ length: 20 }, (_, j) => put(storage, `s/${i + j}`, "x")));
    for (const changes of await Promise.all(watching)) {
      assert.equal(changes.length, count);
      const revisions = changes.map(({ revision }) => revision);
      assert.deepEqual(
        revisions,
        revisions.toSorted((a, b) => a - b),
      );
      assert.equal(new Set(changes.map(({ key }) => key)).size, count);
    }
  });

  test("a watch is told a change no earlier than a read shows it", async () => {
    const storage = await open();
    const abort = new AbortController();
    const seen: (string | undefined)[] = [];
    const from = await storage.revision();
    const watching = (async () => {
      for await (const batch of storage.watch("r/", from, abort.signal)) {
        for (const { key } of batch) seen.push(text((await storage.get(key))?.value));
        if (seen.length === 5) abort.abort();
      }
    })();
    for (let i = 0; i < 5; i++) await put(storage, `r/${i}`, "there");
    await watching;
    assert.deepEqual(seen, Array(5).fill("there"));
  });

  test("the passenger rides along", async () => {
    const storage = await open();
    const passenger = { decoded: true };
    const from = await storage.revision();
    const change = await storage.write({ key: "a", value: bytes("1"), expect: 0, passenger });
    assert.equal(change.passenger, passenger);
    if (!storage.supports.otherWriters) assert.equal((await take(storage, { from }))[0]?.passenger, passenger);
  });

  test("a watch ends when its signal aborts, before or while it waits, and when the store closes", async () => {
    const storage = await open();
    const from = await storage.revision();
    assert.deepEqual(await next(storage.watch("", from, AbortSignal.abort())), []);
    const abort = new AbortController();
    const waiting = next(storage.watch("", from, abort.signal));
    setImmediate(() => abort.abort());
    assert.deepEqual(await waiting, []);
    const open2 = next(storage.watch("", from, new AbortController().signal));
    setImmediate(() => void storage.close());
    assert.deepEqual(await open2, []);
  });

  test("a reader that takes its time holds up nobody", async () => {
    const storage = await open();
    const from = await storage.revision();
    const slow = storage.watch("", from, new AbortController().signal)[Symbol.asyncIterator]();
    const first = slow.next();
    for (let i = 0; i < 100; i++) await put(storage, `z/${i}`, "x");
    assert.equal((await take(storage, { from, count: 100 })).length, 100);
    let got = (await first).value.length;
    while (got < 100) got += (await slow.next()).value.length;
    assert.equal(got, 100);
    await slow.return?.();
  });
}

function describeReopening(open: Open, reopen: (storage: Storage) => Promise<Storage>): void {
  test("everything is there after closing and opening again, history too", async () => {
    const storage = await open();
    const a = await put(storage, "a", "1");
    const b = await put(storage, "b", "1");
    const c = await put(storage, "a", "2", a.revision);
    const again = await reopen(storage);
    assert.equal(await again.revision(), c.revision);
    assert.deepEqual(plain(await again.get("a")), { key: "a", value: "2", revision: c.revision, created: a.revision });
    const d = await remove(again, "b", b.revision);
    assert.ok(d.revision > c.revision);
    if (!again.supports.history) return;
    assert.deepEqual((await take(again, { from: a.revision, count: 3 })).map(brief), [
      [b.revision, "b", "1", undefined],
      [c.revision, "a", "2", "1"],
      [d.revision, "b", undefined, "1"],
    ]);
    const past = await again.list({ prefix: "", at: b.revision });
    assert.deepEqual(
      past.entries.map((e) => text(e.value)),
      ["1", "1"],
    );
  });
}
