/** How fast the stores are, etcd beside the embedded ones: one JSON line a figure. Run: node bench/storage.ts [folder on the disk to measure] */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEtcdStorage } from "#storage/etcd-storage.ts";
import { openLmdbStorage } from "#storage/lmdb-storage.ts";
import { openMemoryStorage } from "#storage/memory-storage.ts";
import type { Storage } from "#storage/storage.ts";
import { missing, startEtcd } from "../test/support/engines.ts";

const value = new Uint8Array(2_000).fill(7);
const folder = mkdtempSync(join(process.argv[2] ?? tmpdir(), "minik8s-bench-"));

async function rate(count: number, work: () => Promise<unknown> | unknown): Promise<number> {
  const start = performance.now();
  await work();
  return Math.round(count / ((performance.now() - start) / 1000));
}

const print = (figure: string, result: number, unit: string) =>
  console.log(JSON.stringify({ bench: "storage", figure, value: result, unit }));

const create = (storage: Storage, key: string) => storage.write({ key, value, expect: 0 });

/** What the disk gives when the same bytes are appended to a file and flushed, one after the other. */
function bareFlushes(count: number): void {
  const file = openSync(join(folder, "bare"), "w");
  for (let i = 0; i < count; i++) {
    writeSync(file, value);
    fdatasyncSync(file);
  }
  closeSync(file);
}

async function measure(name: string, storage: Storage): Promise<void> {
  const single = await rate(300, async () => {
    for (let i = 0; i < 300; i++) await create(storage, `single/${i}`);
  });
  print(`${name}: durable writes, one at a time`, single, "1/s");
  const grouped = await rate(10_000, async () => {
    for (let round = 0; round < 50; round++)
      await Promise.all(Array.from({ length: 200 }, (_, i) => create(storage, `list/${round}-${i}`)));
  });
  print(`${name}: durable writes, 200 at a time`, grouped, "1/s");
  const gets = await rate(5_000, async () => {
    for (let i = 0; i < 5_000; i++) await storage.get(`list/${i % 50}-${i % 200}`);
  });
  print(`${name}: gets`, gets, "1/s");
  const start = performance.now();
  const { entries } = await storage.list({ prefix: "list/" });
  print(`${name}: list of ${entries.length}`, Math.round((performance.now() - start) * 10) / 10, "ms");
  await storage.close();
}

try {
  print("bare: append and flush", await rate(300, () => bareFlushes(300)), "1/s");
  await measure("lmdb", await openLmdbStorage(join(folder, "lmdb")));
  await measure("memory", openMemoryStorage());
  if (!missing("etcd")) {
    await using etcd = await startEtcd();
    await measure("etcd, one member", await openEtcdStorage(etcd.url));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
