import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ConfigMaps, Events, Pods } from "#api/catalog.ts";
import { ApiError } from "#api/meta/api-error.ts";
import { describeClient } from "#client/client.conformance.ts";
import { withPermission } from "#kit/permission.ts";
import { openEtcdStorage } from "#storage/etcd-storage.ts";
import { type EtcdCluster, missing, startEtcd } from "../../test/support/engines.ts";
import { configMap, pod, refused, shortly, type TestServer, take, testServer } from "./test-server.ts";

describe("two API servers on one etcd", { skip: missing("etcd") }, () => {
  let etcd: EtcdCluster;
  let a: TestServer;
  let b: TestServer;
  before(async () => {
    etcd = await startEtcd();
    a = await testServer({ storage: await openEtcdStorage(etcd.url, { patienceMs: 5_000 }) });
    b = await testServer({ storage: await openEtcdStorage(etcd.url, { patienceMs: 5_000 }) });
  });
  after(async () => {
    for (const server of [a, b]) {
      await server[Symbol.asyncDispose]();
      await server.storage.close();
    }
    await etcd[Symbol.asyncDispose]();
  });

  let stores = 0;
  describeClient("in process, on etcd", async () => {
    const storage = await openEtcdStorage(`${etcd.url}/client-${stores++}`);
    const server = await testServer({ storage });
    return {
      client: server.client,
      compact: async () => storage.compact((await storage.revision()) + 1),
      async [Symbol.asyncDispose]() {
        await server[Symbol.asyncDispose]();
        await storage.close();
      },
    };
  });

  const key = (name: string) => ({ namespace: "default", name });

  test("what one acknowledged, the other shows at once", async () => {
    for (let i = 0; i < 20; i++) {
      const { metadata } = await a.client.create(ConfigMaps, configMap(`seen-${i}`));
      const read = await b.client.get(ConfigMaps, key(metadata.name));
      assert.deepEqual(read.metadata, metadata);
      await b.client.delete(ConfigMaps, key(metadata.name));
      await assert.rejects(a.client.get(ConfigMaps, key(metadata.name)), refused("NotFound"));
      assert.equal(
        (await a.client.list(ConfigMaps, key("")))?.items.some((c) => c.metadata.name === metadata.name),
        false,
      );
    }
  });

  test("watches through one tell what was written through either, in order", async () => {
    const watch = await b.client.watch(ConfigMaps, {
      namespace: "default",
      resourceVersion: (await b.client.list(ConfigMaps, {})).metadata.resourceVersion,
    });
    const seen = take(watch, 40);
    for (let i = 0; i < 20; i++) await (i % 2 ? a : b).client.create(ConfigMaps, configMap(`w-${i}`));
    for (let i = 0; i < 20; i++) await (i % 3 ? a : b).client.delete(ConfigMaps, key(`w-${i}`));
    const expected = ["ADDED", "DELETED"].flatMap((type) => Array.from({ length: 20 }, (_, i) => `${type} w-${i}`));
    assert.deepEqual(shortly(await seen), expected);
  });

  test("a resourceVersion from one is understood by the other, without waiting", async () => {
    const { metadata } = await a.client.create(ConfigMaps, configMap("versioned"));
    const list = await b.client.list(ConfigMaps, { resourceVersion: metadata.resourceVersion });
    assert.ok(list.items.some(({ metadata: { name } }) => name === "versioned"));
    assert.ok(Number(list.metadata.resourceVersion) >= Number(metadata.resourceVersion));
  });

  test("of writers with the same resourceVersion one wins, the other gets a conflict", async () => {
    const made = await a.client.create(ConfigMaps, configMap("contested"));
    await assert.rejects(b.client.create(ConfigMaps, configMap("contested")), refused("AlreadyExists"));
    const results = await Promise.allSettled(
      [a, b].map(({ client }, i) => client.update(ConfigMaps, { ...made, data: { winner: String(i) } })),
    );
    assert.equal(results.filter(({ status }) => status === "fulfilled").length, 1);
    const lost = results.find((result) => result.status === "rejected");
    refused("Conflict", /the object has been modified/)(lost?.reason);
  });

  test("patches through both are all taken in", async () => {
    await a.client.create(ConfigMaps, configMap("counted", {}));
    const patches = Array.from({ length: 20 }, (_, i) =>
      (i % 2 ? a : b).client.patch(ConfigMaps, key("counted"), { type: "merge", body: { data: { [`k${i}`]: "x" } } }),
    );
    await Promise.all(patches);
    assert.equal(Object.keys((await b.client.get(ConfigMaps, key("counted"))).data ?? {}).length, 20);
  });

  test("lists go on from page to page although the server changes", async () => {
    for (let i = 0; i < 5; i++) await a.client.create(Pods, pod(`page-${i}`));
    const first = await a.client.list(Pods, { namespace: "default", limit: 2 });
    await b.client.delete(Pods, key("page-3"));
    const rest = await b.client.list(Pods, { namespace: "default", continue: first.metadata.continue });
    assert.deepEqual(
      [...first.items, ...rest.items].map(({ metadata: { name } }) => name),
      ["page-0", "page-1", "page-2", "page-3", "page-4"],
    );
  });

  test("events are given to etcd to forget", async () => {
    const regarding = { kind: "Pod", namespace: "default", name: "page-0" };
    await a.client.create(Events, {
      metadata: key("told"),
      involvedObject: regarding,
      reason: "Told",
      message: "told",
      type: "Normal",
    });
    assert.equal((await b.client.get(Events, key("told"))).reason, "Told");
  });

  test("a write whose permission ends while it is under way is not stored", async () => {
    const over = () => {
      throw new ApiError("ServiceUnavailable", "over");
    };
    const write = withPermission(over, () => a.client.create(ConfigMaps, configMap("stale")));
    await assert.rejects(write, refused("ServiceUnavailable", "over"));
    await assert.rejects(b.client.get(ConfigMaps, key("stale")), refused("NotFound"));
    await a.client.create(ConfigMaps, configMap("stale"));
  });

  test("while etcd is away, writes are refused with one sentence; then all goes on", async () => {
    const watch = await b.client.watch(ConfigMaps, { namespace: "default" });
    const [engine] = etcd.members;
    await engine!.kill();
    await assert.rejects(
      a.client.create(ConfigMaps, configMap("lost")),
      refused("ServiceUnavailable", /^etcd at 127\.0\.0\.1:\d+ does not answer: /),
    );
    await engine!.start();
    await a.client.create(ConfigMaps, configMap("after"));
    for await (const batch of watch) if (shortly(batch).includes("ADDED after")) break;
    assert.ok(await b.client.get(ConfigMaps, key("after")));
  });
});
