import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ConfigMaps, Pods } from "#api/catalog.ts";
import type { WatchEvent } from "#api/meta/watch.ts";
import { openMemoryStorage } from "#storage/memory-storage.ts";
import { type Change, Compacted, type Storage } from "#storage/storage.ts";
import { FakeClock } from "#testing/fake-clock.ts";
import { configMap, pod, refused, shortly, take, testServer } from "./test-server.ts";

const namespace = "default";
const turns = async () => {
  for (let i = 0; i < 5; i++) await new Promise(setImmediate);
};

describe("where a watch begins", () => {
  test("without a revision and with 0: with what is there", async () => {
    await using server = await testServer();
    const { client } = server;
    await client.create(ConfigMaps, configMap("b"));
    await client.create(ConfigMaps, configMap("a"));
    for (const resourceVersion of [undefined, "0"]) {
      const watch = await client.watch(ConfigMaps, { namespace, ...(resourceVersion && { resourceVersion }) });
      await client.create(ConfigMaps, configMap(`c-${resourceVersion}`));
      const events = await take(watch, resourceVersion ? 4 : 3);
      assert.deepEqual(shortly(events).slice(0, 2), ["ADDED a", "ADDED b"]);
      assert.equal(shortly(events).at(-1), `ADDED c-${resourceVersion}`);
    }
  });

  test("with a revision: after it, with nothing lost and nothing twice", async () => {
    await using server = await testServer();
    const { client } = server;
    await client.create(ConfigMaps, configMap("a"));
    const { metadata } = await client.list(ConfigMaps, { namespace });
    await client.create(ConfigMaps, configMap("b"));
    const watch = await client.watch(ConfigMaps, { namespace, resourceVersion: metadata.resourceVersion });
    await client.update(ConfigMaps, configMap("a", { a: "2" }));
    await client.delete(ConfigMaps, { namespace, name: "b" });
    const events = await take(watch, 3);
    assert.deepEqual(shortly(events), ["ADDED b", "MODIFIED a", "DELETED b"]);
    const revisions = events.map(({ revision }) => revision);
    assert.deepEqual(
      revisions,
      revisions.toSorted((a, b) => a - b),
    );
    for (const event of events)
      assert.ok(event.type !== "BOOKMARK" && event.object.metadata.resourceVersion === String(event.revision));
  });

  test("in the future: only what comes after", async () => {
    await using server = await testServer();
    const { client, storage } = server;
    const resourceVersion = String((await storage.revision()) + 2);
    const watch = await client.watch(ConfigMaps, { namespace, resourceVersion });
    for (const name of ["a", "b", "c"]) await client.create(ConfigMaps, configMap(name));
    assert.deepEqual(shortly(await take(watch, 1)), ["ADDED c"]);
  });

  test("before what is kept: Expired", async () => {
    const storage = openMemoryStorage();
    {
      await using server = await testServer({ storage });
      for (const name of ["a", "b", "c"]) await server.client.create(ConfigMaps, configMap(name));
    }
    await storage.compact((await storage.revision()) - 1);
    await using server = await testServer({ storage });
    await assert.rejects(
      server.client.watch(ConfigMaps, { namespace, resourceVersion: "1" }),
      refused("Expired", /^too old resource version: 1 \(\d+\)$/),
    );
  });

  test("a restart does not break a watch that was near the end", async () => {
    const storage = openMemoryStorage();
    let resourceVersion: string;
    {
      await using server = await testServer({ storage });
      const { client } = server;
      resourceVersion = (await client.list(ConfigMaps)).metadata.resourceVersion;
      await client.create(ConfigMaps, configMap("a"));
      await client.delete(ConfigMaps, { namespace, name: "a" });
    }
    await using server = await testServer({ storage });
    const watch = await server.client.watch(ConfigMaps, { namespace, resourceVersion });
    assert.deepEqual(shortly(await take(watch, 2)), ["ADDED a", "DELETED a"]);
  });

  test("as a list that streams: what is there, a mark, then changes", async () => {
    await using server = await testServer();
    const { client } = server;
    const made = await client.create(ConfigMaps, configMap("a"));
    const watch = await client.watch(ConfigMaps, {
      namespace,
      sendInitialEvents: true,
      resourceVersionMatch: "NotOlderThan",
      allowWatchBookmarks: true,
    });
    await client.create(ConfigMaps, configMap("b"));
    const events = await take(watch, 3);
    assert.deepEqual(shortly(events), ["ADDED a", "BOOKMARK initial", "ADDED b"]);
    assert.ok((events[1]?.revision ?? 0) >= Number(made.metadata.resourceVersion));
  });

  test("sendInitialEvents=false: with what comes", async () => {
    await using server = await testServer();
    const { client } = server;
    await client.create(ConfigMaps, configMap("a"));
    const watch = await client.watch(ConfigMaps, {
      namespace,
      sendInitialEvents: false,
      resourceVersionMatch: "NotOlderThan",
    });
    await client.create(ConfigMaps, configMap("b"));
    assert.deepEqual(shortly(await take(watch, 1)), ["ADDED b"]);
  });
});

test("an object that comes into sight is added, one that leaves it deleted", async () => {
  await using server = await testServer();
  const { client } = server;
  const options = { namespace, resourceVersion: (await client.list(ConfigMaps)).metadata.resourceVersion };
  const watch = await client.watch(ConfigMaps, { ...options, labelSelector: "color=red" });
  await client.create(ConfigMaps, configMap("a"));
  const color = (value: string | null) =>
    client.patch(
      ConfigMaps,
      { namespace, name: "a" },
      { type: "merge", body: { metadata: { labels: { color: value } } } },
    );
  const red = await color("red");
  await client.patch(ConfigMaps, { namespace, name: "a" }, { type: "merge", body: { data: { b: "2" } } });
  const blue = await color("blue");
  await client.delete(ConfigMaps, { namespace, name: "a" });
  await client.create(ConfigMaps, { metadata: { namespace, name: "b", labels: { color: "red" } } });
  await client.delete(ConfigMaps, { namespace, name: "b" });
  const events = await take(watch, 5);
  assert.deepEqual(shortly(events), ["ADDED a", "MODIFIED a", "DELETED a", "ADDED b", "DELETED b"]);
  const [entered, , left] = events as Exclude<WatchEvent, { type: "BOOKMARK" }>[];
  assert.equal(entered?.object, red);
  assert.equal(left?.object.metadata.labels?.color, "red", "as it was seen last");
  assert.equal(
    left?.object.metadata.resourceVersion,
    blue.metadata.resourceVersion,
    "at the revision that took it away",
  );
});

test("by field: a node sees its pods", async () => {
  await using server = await testServer();
  const { client } = server;
  const watch = await client.watch(Pods, { fieldSelector: "spec.nodeName=n" });
  for (const name of ["p", "q"]) {
    await client.create(Pods, pod(name));
    const target = { kind: "Node", name: name === "p" ? "n" : "other" };
    await client.createSub(Pods, { namespace, name }, "binding", { target });
  }
  await client.delete(Pods, { namespace, name: "p" }, { gracePeriodSeconds: 0 });
  assert.deepEqual(shortly(await take(watch, 2)), ["ADDED p", "DELETED p"]);
});

test("watchers share the events, whichever form they get", async () => {
  await using server = await testServer();
  const { client } = server;
  await client.create(ConfigMaps, { metadata: { namespace, name: "old", labels: { a: "b" } } });
  const open = (labelSelector?: string) =>
    client.watch(ConfigMaps, { namespace, ...(labelSelector && { labelSelector }) });
  const all = await Promise.all([open(), open(), open("a=b"), open("a=b")]);
  await client.create(ConfigMaps, configMap("x"));
  await client.patch(
    ConfigMaps,
    { namespace, name: "x" },
    { type: "merge", body: { metadata: { labels: { a: "b" } } } },
  );
  const seen = await Promise.all(all.map((watch, i) => take(watch, i < 2 ? 3 : 2)));
  assert.equal(seen[0]?.[0], seen[2]?.[0]);
  assert.equal(seen[0]?.[2], seen[1]?.[2]);
  assert.equal(seen[2]?.[1], seen[3]?.[1]);
  assert.deepEqual(shortly(seen[2] as WatchEvent[]), ["ADDED old", "ADDED x"]);
});

test("who does not read falls off, and holds nothing up", async () => {
  await using server = await testServer();
  const { client } = server;
  const slow = await client.watch(ConfigMaps, { namespace });
  await client.create(ConfigMaps, configMap("a"));
  for (let i = 0; i < 4200; i++) await client.update(ConfigMaps, configMap("a", { i: String(i) }));
  await assert.rejects(take(slow, 1), refused("Expired"));
});

test("changes are kept for minutes, a few for longer", async () => {
  const clock = new FakeClock(turns);
  await using server = await testServer({ clock });
  const { client } = server;
  const write = async (count: number) => {
    for (let i = 0; i < count; i++) await client.update(ConfigMaps, configMap("a", { i: `${clock.now()} ${i}` }));
    return (await client.list(ConfigMaps)).metadata.resourceVersion;
  };
  const begin = (await client.create(ConfigMaps, configMap("a"))).metadata.resourceVersion;
  await write(200);
  await clock.advance(6 * 60_000);
  const middle = await write(50);
  await client.watch(ConfigMaps, { resourceVersion: begin });
  await clock.advance(6 * 60_000);
  await write(1);
  await assert.rejects(client.watch(ConfigMaps, { resourceVersion: begin }), refused("Expired"));
  await client.watch(ConfigMaps, { resourceVersion: middle });
});

test("bookmarks come every minute and before the end, and tell how far all kinds are", async () => {
  const clock = new FakeClock(turns);
  await using server = await testServer({ clock });
  const { client, storage } = server;
  const resourceVersion = (await client.list(ConfigMaps)).metadata.resourceVersion;
  const watch = await client.watch(ConfigMaps, { resourceVersion, allowWatchBookmarks: true, timeoutSeconds: 100 });
  await client.create(Pods, pod("p")); // of another kind
  const revision = await storage.revision();
  const reading = take(watch, 99);
  await clock.advance(59_000);
  await clock.advance(50_000);
  const events = await reading;
  assert.deepEqual(shortly(events), ["BOOKMARK", "BOOKMARK"]);
  assert.deepEqual(
    events.map((event) => event.revision),
    [revision, revision],
  );
  assert.ok(Number(resourceVersion) < revision);
  assert.equal(server.api.feed(ConfigMaps).watchers, 0);
});

test("without being asked for there are none, and a timeout ends quietly", async () => {
  const clock = new FakeClock(turns);
  await using server = await testServer({ clock });
  const watch = await server.client.watch(ConfigMaps, { resourceVersion: "0", timeoutSeconds: 90 });
  const reading = take(watch, 99);
  await clock.advance(100_000);
  assert.deepEqual(await reading, []);
});

test("an abort ends a waiting watch and leaves nothing behind", async () => {
  await using server = await testServer();
  const abort = new AbortController();
  const watch = await server.client.watch(ConfigMaps, { signal: abort.signal });
  const reading = take(watch, 99);
  await turns();
  assert.equal(server.api.feed(ConfigMaps).watchers, 1);
  abort.abort();
  assert.deepEqual(await reading, []);
  assert.equal(server.api.feed(ConfigMaps).watchers, 0);
});

test("the feed goes on when the storage's watch breaks, and catches up when changes were lost", async () => {
  const inner = openMemoryStorage();
  let fail: ((error: Error) => void) | undefined;
  let lose = false;
  const storage: Storage = {
    ...inner,
    supports: { ...inner.supports, otherWriters: true },
    async *watch(prefix, from, signal) {
      if (lose) {
        lose = false;
        throw new Compacted(from, from + 1);
      }
      const broken = new Promise<never>((_, reject) => {
        fail = reject;
      });
      broken.catch(() => {}); // watched by the race only while a read waits
      const changes = inner.watch(prefix, from, signal)[Symbol.asyncIterator]();
      for (;;) {
        const next: IteratorResult<readonly Change[]> = await Promise.race([changes.next(), broken]);
        if (next.done) return;
        yield next.value;
      }
    },
  };
  const clock = new FakeClock(turns);
  await using server = await testServer({ storage, clock });
  const { client } = server;
  await client.create(ConfigMaps, configMap("a"));
  await client.create(ConfigMaps, configMap("gone"));
  await client.list(ConfigMaps);
  const watch = await client.watch(ConfigMaps, { namespace });
  lose = true;
  fail?.(new Error("connection reset"));
  await turns();
  {
    await using other = await testServer({ storage: inner });
    await other.client.update(ConfigMaps, configMap("a", { a: "2" }));
    await other.client.delete(ConfigMaps, { namespace, name: "gone" });
    await other.client.create(ConfigMaps, configMap("b"));
  }
  const listing = client.list(ConfigMaps, { namespace });
  await clock.advance(5_000);
  assert.deepEqual(
    (await listing).items.map(({ metadata }) => metadata.name),
    ["a", "b"],
    "a read sees what others wrote",
  );
  assert.deepEqual(shortly(await take(watch, 5)), ["ADDED a", "ADDED gone", "MODIFIED a", "ADDED b", "DELETED gone"]);
  await client.create(ConfigMaps, configMap("after"));
  assert.equal((await client.list(ConfigMaps, { namespace })).items.length, 3);
});
