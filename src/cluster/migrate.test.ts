import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ConfigMaps, Events } from "#api/catalog.ts";
import { createApiServer } from "#apiserver/api-server.ts";
import { createClient } from "#client/client.ts";
import { systemClock } from "#kit/clock.ts";
import { run } from "#kit/scope.ts";
import { openEtcdStorage } from "#storage/etcd-storage.ts";
import { openLmdbStorage } from "#storage/lmdb-storage.ts";
import type { Storage } from "#storage/storage.ts";
import { type EtcdCluster, missing, startEtcd } from "../../test/support/engines.ts";
import { migrate } from "./migrate.ts";

const user = { name: "admin", groups: ["system:masters"] };

async function served<T>(storage: Storage, work: (client: ReturnType<typeof createClient>) => Promise<T>): Promise<T> {
  const api = createApiServer({ storage, clock: systemClock });
  await using _ = await run([api]);
  return await work(createClient(api, { user }));
}

const mapNamed = (name: string) => ({ metadata: { namespace: "default", name }, data: { name } });

describe("moving from LMDB to etcd", { skip: missing("etcd") }, () => {
  let etcd: EtcdCluster;
  let folder: string;
  let from: Storage;
  before(async () => {
    etcd = await startEtcd();
    folder = await mkdtemp(join(tmpdir(), "migrate-"));
    from = await openLmdbStorage(folder);
    await served(from, async (client) => {
      for (let i = 0; i < 200; i++) await client.create(ConfigMaps, mapNamed(`m${i}`));
      for (let i = 0; i < 100; i++) await client.delete(ConfigMaps, { namespace: "default", name: `m${i}` });
      const involvedObject = { kind: "ConfigMap", namespace: "default", name: "m1" };
      await client.create(Events, { ...mapNamed("e"), involvedObject, reason: "Told", type: "Normal" });
    });
  });
  const opened: Storage[] = [];
  const open = async (place: string) => {
    const storage = await openEtcdStorage(`${etcd.url}/${place}`);
    opened.push(storage);
    return storage;
  };
  after(async () => {
    await Promise.all([from, ...opened].map((storage) => storage.close()));
    await etcd[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });
  const options = (to: Storage) => ({ from, to, report: () => {}, signal: new AbortController().signal });

  test("every object is there, byte by byte, and resourceVersions only grow", async () => {
    const to = await open("whole");
    const { objects, written } = await migrate(options(to));
    assert.equal(written, objects);
    assert.ok((await to.revision()) >= (await from.revision()));
    const before = new Map((await from.list({ prefix: "registry/" })).entries.map(({ key, value }) => [key, value]));
    for (const [key, value] of before) assert.equal(Buffer.compare((await to.get(key))!.value, value), 0, key);
    await served(to, async (client) => {
      assert.equal((await client.list(ConfigMaps, { namespace: "default" })).items.length, 100);
      await client.create(ConfigMaps, mapNamed("afterwards"));
    });
    await assert.rejects(migrate(options(to)), /^Error: the target was filled by a migration that has ended/);
  });

  test("broken off, it is repeated, and goes on where it was", async () => {
    const to = await open("broken");
    let left = 50;
    const cutOff: Storage = {
      supports: to.supports,
      revision: () => to.revision(),
      get: (key) => to.get(key),
      list: (range) => to.list(range),
      write: (write) => (left-- > 0 ? to.write(write) : Promise.reject(new Error("cut off"))),
      watch: (prefix, from, signal) => to.watch(prefix, from, signal),
      compact: (before) => to.compact(before),
      close: () => to.close(),
    };
    await assert.rejects(migrate(options(cutOff)), /cut off/);
    const { objects, written } = await migrate(options(to));
    assert.ok(written > 0 && written < objects, `${written} of ${objects}`);
  });

  test("a target with a cluster of its own is left alone", async () => {
    const to = await open("other");
    await served(to, (client) => client.create(ConfigMaps, mapNamed("mine")));
    const revision = await to.revision();
    await assert.rejects(migrate(options(to)), /^Error: the target holds a cluster already/);
    assert.equal(await to.revision(), revision);
  });
});
