import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConfigMap } from "#api/core/v1/config-map.ts";
import { added, configMap, deleted, modified } from "./cache.fixture.ts";
import { type CacheEvent, Store } from "./store.ts";

const told = (store: Store<ConfigMap>) => {
  const seen: string[] = [];
  store.subscribe((events: readonly CacheEvent<ConfigMap>[]) => {
    for (const { type, object, previous } of events) {
      const before = previous ? ` from ${previous.metadata.resourceVersion}` : "";
      seen.push(`${type} ${object.metadata.name}@${object.metadata.resourceVersion}${before}`);
    }
  });
  return seen;
};

test("a handler hears of what is known, then of every change in order", () => {
  const store = new Store<ConfigMap>();
  store.replace([configMap("a", 1)], 3);
  const seen = told(store);
  store.apply([added(configMap("b", 4)), modified(configMap("a", 5)), deleted(configMap("b", 6))]);
  assert.deepEqual(seen, ["ADDED a@1", "ADDED b@4", "MODIFIED a@5 from 1", "DELETED b@6 from 4"]);
  assert.equal(store.revision, 6);
  assert.deepEqual(
    store.all().map(({ metadata }) => metadata.name),
    ["a"],
  );
});

test("a list shows what went, came and changed while nobody watched", () => {
  const store = new Store<ConfigMap>();
  store.replace([configMap("gone", 1), configMap("same", 2), configMap("changed", 3), configMap("anew", 4)], 4);
  const seen = told(store);
  seen.length = 0;
  store.replace(
    [configMap("same", 2), configMap("changed", 8), configMap("anew", 9, { uid: "other" }), configMap("new", 7)],
    9,
  );
  assert.deepEqual(seen, [
    "DELETED gone@1 from 1",
    "MODIFIED changed@8 from 3",
    "DELETED anew@4 from 4",
    "ADDED anew@9",
    "ADDED new@7",
  ]);
});

test("indexes follow every change", () => {
  const store = new Store<ConfigMap>();
  store.replace([configMap("a", 1, { labels: { app: "x" } })], 1);
  store.index("app", ({ metadata }) => (metadata.labels?.app ? [metadata.labels.app] : []));
  const names = (app: string) => store.indexed("app", app).map(({ metadata }) => metadata.name);
  store.apply([added(configMap("b", 2, { labels: { app: "x" } }))]);
  assert.deepEqual(names("x"), ["a", "b"]);
  store.apply([modified(configMap("a", 3, { labels: { app: "y" } })), deleted(configMap("b", 4))]);
  assert.deepEqual([names("x"), names("y")], [[], ["a"]]);
  assert.throws(() => store.indexed("none", "x"), /no index "none"/);
});

test("waiting ends when the cache has seen enough, or with the signal", async () => {
  const store = new Store<ConfigMap>();
  let reached = false;
  const waiting = store
    .until(() => store.revision >= 5)
    .then(() => {
      reached = true;
    });
  store.apply([{ type: "BOOKMARK", revision: 4 }]);
  await new Promise(setImmediate);
  assert.equal(reached, false);
  store.apply([{ type: "BOOKMARK", revision: 5 }]);
  await waiting;
  const abort = new AbortController();
  const never = store.until(() => false, abort.signal);
  abort.abort(new Error("enough"));
  await assert.rejects(never, /enough/);
});
