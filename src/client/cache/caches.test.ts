import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigMaps } from "#api/catalog.ts";
import { systemClock } from "#kit/clock.ts";
import { silentLogger } from "#kit/log.ts";
import { run } from "#kit/scope.ts";
import { testCluster } from "#testing/test-cluster.ts";
import { Caches } from "./caches.ts";

const namespace = "default";
const configMap = (name: string, app: string) => ({ metadata: { name, namespace, labels: { app } } });

for (const http of [false, true]) {
  test(`one cache for many, ${http ? "over HTTP" : "in one process"}`, async () => {
    await using cluster = await testCluster({ http, nodes: 0 });
    const { client } = cluster;
    let watches = 0;
    const counting = {
      ...client,
      watch: (...args: Parameters<typeof client.watch>) => client.watch(...args).finally(() => watches++),
    };
    const caches = new Caches({
      client: counting as typeof client,
      clock: systemClock,
      log: silentLogger,
      select: () => ({ labelSelector: "app=web" }),
    });
    const seen: string[] = [];
    const end = caches.subscribe(ConfigMaps, (events) => {
      for (const { type, object } of events) seen.push(`${type} ${object.metadata.name}`);
    });
    await client.create(ConfigMaps, configMap("before", "web"));
    await client.create(ConfigMaps, configMap("other", "other"));
    caches.follow(ConfigMaps);
    await using _ = await run([caches]);
    await Promise.all([caches.synced([ConfigMaps]), caches.synced([ConfigMaps])]);
    const { metadata } = await client.create(ConfigMaps, configMap("after", "web"));
    await caches.reached(ConfigMaps, Number(metadata.resourceVersion));
    const body = { metadata: { labels: { app: "other" } } };
    await client.patch(ConfigMaps, { namespace, name: "before" }, { type: "merge", body });
    await caches.store(ConfigMaps).until(() => !caches.find(ConfigMaps, { namespace, name: "before" }));
    assert.deepEqual(seen, ["ADDED before", "ADDED after", "DELETED before"]);
    assert.deepEqual(
      caches.all(ConfigMaps, namespace).map((each) => each.metadata.name),
      ["after"],
    );
    assert.equal(watches, 1);
    end();
  });
}
