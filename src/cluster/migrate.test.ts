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
  after(async () => {
    await from.close();
    await etcd[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });
  const options = (to: Storage, signal = new AbortController().signal) => ({ from, to, report: () => {}, signal });

  test("every object is there, byte by byte, and resourceVersions only grow", async () => {
    const to = await openEtcdStorage(`${etcd.url}/whole`);
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
    await to.close();
  });

  test("broken off, it is repeated, and goes on where it was", async () => {
    const to = await openEtcdStorage(`${etcd.url}/broken`);
    const abort = new AbortController();
    const report = () => abort.abort(new Error("stopped"));
    await assert.rejects(migrate({ ...options(to, abort.signal), report }), /stopped/);
    const { objects, written } = await migrate(options(to));
    assert.ok(written > 0 && written < objects, `${written} of ${objects}`);
    await to.close();
  });

  test("a target with a cluster of its own is left alone", async () => {
    const to = await openEtcdStorage(`${etcd.url}/other`);
    await served(to, (client) => client.create(ConfigMaps, mapNamed("mine")));
    const revision = await to.revision();
    await assert.rejects(migrate(options(to)), /^Error: the target holds a cluster already/);
    assert.equal(await to.revision(), revision);
    await to.close();
  });
});
