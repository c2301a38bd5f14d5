import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openLmdbStorage } from "./lmdb-storage.ts";
import { describeStorage } from "./storage.conformance.ts";
import { type Change, Compacted, type Storage } from "./storage.ts";
import { stormNumber } from "./storm-value.fixture.ts";

const base = mkdtempSync(join(tmpdir(), "minik8s-lmdb-"));
after(() => rmSync(base, { recursive: true, force: true }));
let count = 0;
const newFolder = () => join(base, String(count++));

const folders = new WeakMap<Storage, string>();
const openIn = async (folder: string) => {
  const storage = await openLmdbStorage(folder);
  folders.set(storage, folder);
  return storage;
};

describeStorage("lmdb", {
  open: () => openIn(newFolder()),
  async reopen(storage) {
    await storage.close();
    return openIn(folders.get(storage)!);
  },
});

const fixture = join(import.meta.dirname, "write-storm.fixture.ts");
const valueSize = 2000;

/** What the child has acknowledged so far: key → number of its last write. */
function acknowledged(child: ChildProcess): Map<string, { number: number; revision: number }> {
  const known = new Map<string, { number: number; revision: number }>();
  let rest = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const [key = "", number, revision] = line.split(" ");
      known.set(key, { number: Number(number), revision: Number(revision) });
    }
  });
  return known;
}

async function allChanges(storage: Storage, from: number): Promise<Change[]> {
  const abort = new AbortController();
  const head = await storage.revision();
  const changes: Change[] = [];
  for await (const batch of storage.watch("", from, abort.signal)) {
    changes.push(...batch);
    if (changes.at(-1)!.revision >= head) abort.abort();
  }
  return changes;
}

test("a writer killed in the middle of a storm loses nothing that it acknowledged, and leaves nothing half", async () => {
  const folder = newFolder();
  for (let round = 0; round < 4; round++) {
    const child = spawn(process.execPath, [fixture, folder, String(valueSize)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const known = acknowledged(child);
    await once(child.stdout!, "data");
    await new Promise((resolve) => setTimeout(resolve, 100 + Math.random() * 200));
    child.kill("SIGKILL");
    await once(child, "close");
    assert.ok(known.size > 10, "there was a storm");

    const storage = await openLmdbStorage(folder);
    const head = await storage.revision();
    const { entries } = await storage.list({ prefix: "" });
    const stored = new Map(entries.map((entry) => [entry.key, entry]));
    for (const [key, { number, revision }] of known) {
      const entry = stored.get(key);
      assert.ok(revision <= head, "no acknowledged revision is given out twice");
      // the write after the last acknowledged one may be there as well; every seventh is a deletion
      if (!entry) assert.ok(number === 0 || (number + 1) % 7 === 0, `${key} is gone`);
      else if (entry.revision === revision) assert.equal(stormNumber(key, entry.value, valueSize), number);
      else assert.ok(entry.revision > revision, `${key} is older than what was acknowledged`);
    }
    for (const { key, value } of entries) stormNumber(key, value, valueSize);
    await checkHistory(storage, stored, head);
    await storage.close();
  }
});

/** The log leads from one state to the next up to what is stored now. */
async function checkHistory(storage: Storage, stored: Map<string, unknown>, head: number): Promise<void> {
  const from = head - 300;
  if (from < 0) return;
  const state = new Map((await storage.list({ prefix: "", at: from })).entries.map((entry) => [entry.key, entry]));
  const changes = await allChanges(storage, from);
  assert.deepEqual(
    changes.map(({ revision }) => revision),
    Array.from({ length: 300 }, (_, i) => from + 1 + i),
  );
  for (const { key, entry, previous } of changes) {
    assert.deepEqual(previous, state.get(key));
    if (entry) state.set(key, entry);
    else state.delete(key);
  }
  assert.deepEqual(new Map([...state].sort()), new Map([...stored].sort()));
}

test("a second process is told who holds the store; once that is killed, the store can be taken over", async () => {
  const folder = newFolder();
  const child = spawn(process.execPath, [fixture, folder], { stdio: ["ignore", "pipe", "inherit"] });
  child.stdout!.resume();
  await once(child.stdout!, "data");
  await assert.rejects(openLmdbStorage(folder), {
    message: `the store in ${folder} is in use by process ${child.pid}: one process at a time writes an LMDB store; stop that one, or use etcd for several`,
  });
  child.kill("SIGKILL");
  await once(child, "close");
  const storage = await openLmdbStorage(folder);
  assert.ok((await storage.revision()) > 0);
  await assert.rejects(openLmdbStorage(folder), /is open in this process already$/);
  await storage.close();
  await (await openLmdbStorage(folder)).close();
});

test("a folder that cannot be used is told in one sentence", async () => {
  const file = newFolder();
  writeFileSync(file, "");
  await assert.rejects(openLmdbStorage(file), /^Error: cannot open the store in .*: EEXIST/);
  const folder = newFolder();
  await (await openLmdbStorage(folder)).close();
  writeFileSync(join(folder, "data.mdb"), "this is no LMDB file".repeat(1000));
  await assert.rejects(openLmdbStorage(folder), /^Error: cannot open the store in .*: data.mdb is damaged/);
});

test("a store of a format that we do not know is left alone", async () => {
  const folder = newFolder();
  await (await openLmdbStorage(folder)).close();
  const { open } = await import("lmdb");
  const root = open({ path: folder, noSubdir: false, overlappingSync: false, maxDbs: 8 });
  await root.openDB({ name: "figures", encoding: "json" }).put("format", 99);
  await root.close();
  await assert.rejects(
    openLmdbStorage(folder),
    /has format 99, this version of minik8s reads format 1: use the version/,
  );
});

test("a disk that is full fails the write with its reason, and nothing else", async () => {
  const folder = newFolder();
  // the limit on the size of files stands in for the disk; it counts in blocks of 512 or 1024 bytes
  const script = `
    import { openLmdbStorage } from ${JSON.stringify(join(import.meta.dirname, "lmdb-storage.ts"))};
    const storage = await openLmdbStorage(process.argv[1]);
    const put = (key, value, expect = 0) => storage.write({ key, value, expect });
    const tiny = await put("tiny", new Uint8Array(10));
    let done = 0, error;
    const big = new Uint8Array(100_000);
    while (!error && done < 1000) await put("big/" + done, big).then(() => done++, (e) => { error = e; });
    const head = await storage.revision();
    await storage.write({ key: "tiny", value: undefined, expect: tiny.revision });
    const small = await put("small", new Uint8Array(10));
    const left = (await storage.list({ prefix: "big/" })).entries.length;
    process.stdout.write(JSON.stringify({ done, message: error.message, next: small.revision - head, left }));
    await storage.close();
  `;
  const run = `ulimit -f 8000; exec "$0" --input-type=module-typescript -e "$1" "$2"`;
  const child = spawn("sh", ["-c", run, process.execPath, script, folder], { stdio: ["ignore", "pipe", "ignore"] });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  await once(child, "close");
  const { done, message, next, left } = JSON.parse(output);
  assert.ok(done > 10 && done < 1000);
  assert.match(message, /^the store in .* could not be written: /);
  assert.equal(next, 2);
  assert.equal(left, done);
  const storage = await openLmdbStorage(folder);
  assert.equal((await storage.list({ prefix: "big/" })).entries.length, done);
  await storage.close();
});

test("history is kept within its limits, on disk too", async () => {
  const folder = newFolder();
  const limits = { changes: 100, bytes: 1e9 };
  const storage = await openLmdbStorage(folder, { memory: { changes: 10, bytes: 1e9 }, disk: limits });
  let revision = 0;
  for (let i = 0; i < 50; i++) {
    const writes = Array.from({ length: 10 }, (_, j) =>
      storage.write({ key: `k${i}/${j}`, value: new Uint8Array(10), expect: 0 }),
    );
    revision = (await Promise.all(writes)).at(-1)!.revision;
  }
  assert.equal(revision, 500);
  assert.equal((await storage.list({ prefix: "", at: 400 })).entries.length, 400);
  await assert.rejects(storage.list({ prefix: "", at: 399 }), Compacted);
  assert.equal((await allChanges(storage, 400)).length, 100);
  await storage.compact(490);
  await assert.rejects(storage.list({ prefix: "", at: 488 }), Compacted);
  assert.equal((await storage.list({ prefix: "", at: 489 })).entries.length, 489);
  await storage.close();
});

test("old history makes room: a store that is written again and again does not grow without end", async () => {
  const folder = newFolder();
  const storage = await openLmdbStorage(folder, { disk: { changes: 1e6, bytes: 500_000 } });
  let expect = 0;
  for (let i = 0; i < 300; i++)
    expect = (await storage.write({ key: "k", value: new Uint8Array(50_000).fill(i), expect })).revision;
  await storage.close();
  assert.ok(statSync(join(folder, "data.mdb")).size < 5_000_000, "15 MB were written");
});

test("a long list is one moment of the store, however many writes and turns lie within, and outlives a close", async () => {
  const storage = await openLmdbStorage(newFolder());
  const write = (i: number, expect = 0) =>
    storage.write({ key: `n/${10_000 + i}`, value: Buffer.from(`${expect}`), expect });
  const created = await Promise.all(Array.from({ length: 3000 }, (_, i) => write(i)));
  const listing = storage.list({ prefix: "n/" });
  const updates = created.map(({ revision }, i) => write(i, revision));
  const { entries, revision } = await listing;
  assert.equal(revision, 3000);
  assert.ok(entries.every((entry) => entry.revision <= 3000));
  await Promise.all(updates);
  const last = storage.list({ prefix: "n/" });
  await storage.close();
  assert.equal((await last).entries.length, 3000);
});
