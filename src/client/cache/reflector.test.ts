import assert from "node:assert/strict";
import { test } from "node:test";
import { type ConfigMap, ConfigMaps } from "#api/core/v1/config-map.ts";
import { ApiError, expired } from "#api/meta/api-error.ts";
import type { WatchEvent } from "#api/meta/watch.ts";
import type { Clock } from "#kit/clock.ts";
import { silentLogger } from "#kit/log.ts";
import { added, configMap, deleted } from "./cache.fixture.ts";
import { type ReflectorOptions, reflect } from "./reflector.ts";
import { Store } from "./store.ts";

type Batch = readonly WatchEvent<ConfigMap>[];

/** What the server answers, one entry per watch: batches, then how the watch ends. */
interface Script {
  readonly lists: readonly { items: ConfigMap[]; revision: number }[];
  readonly watches: readonly { batches?: Batch[]; refuse?: Error; fail?: Error }[];
}

/** Plays the script to a reflector and stops it when the script is over. Returns what was asked. */
async function play(script: Script, store = new Store<ConfigMap>()): Promise<string[]> {
  const abort = new AbortController();
  const asked: string[] = [];
  const lists = [...script.lists];
  const watches = [...script.watches];
  const client = {
    async list() {
      asked.push("list");
      const { items, revision } = lists.shift() as Script["lists"][number];
      return { items, metadata: { resourceVersion: String(revision) } };
    },
    async watch(_: unknown, { resourceVersion }: { resourceVersion?: string } = {}) {
      const next = watches.shift();
      if (!next) {
        abort.abort();
        throw new Error("the script is over");
      }
      asked.push(`watch ${resourceVersion}`);
      if (next.refuse) throw next.refuse;
      return (async function* () {
        yield* next.batches ?? [];
        if (next.fail) throw next.fail;
      })();
    },
  };
  const clock: Clock = {
    now: () => 0,
    after(_, run) {
      asked.push("wait");
      queueMicrotask(run);
      return () => {};
    },
  };
  const options = { client, clock, log: silentLogger } as unknown as ReflectorOptions;
  await reflect(ConfigMaps, store, options, abort.signal);
  return asked;
}

test("lists once, then watches on from the last event, whether the watch ends or breaks", async () => {
  const store = new Store<ConfigMap>();
  const asked = await play(
    {
      lists: [{ items: [configMap("a", 1)], revision: 10 }],
      watches: [
        { batches: [[added(configMap("b", 11))]] },
        { batches: [[added(configMap("c", 12))]], fail: new Error("connection reset") },
        { batches: [[{ type: "BOOKMARK", revision: 20 }]] },
        { batches: [[deleted(configMap("a", 21))]] },
      ],
    },
    store,
  );
  assert.deepEqual(asked, ["list", "watch 10", "watch 11", "watch 12", "watch 20"]);
  assert.deepEqual(
    store.all().map(({ metadata }) => metadata.name),
    ["b", "c"],
  );
});

test("lists again when the server cannot go on, and notices what went meanwhile", async () => {
  const store = new Store<ConfigMap>();
  const gone: string[] = [];
  store.subscribe((events) => {
    for (const { type, object } of events) if (type === "DELETED") gone.push(object.metadata.name);
  });
  const asked = await play(
    {
      lists: [
        { items: [configMap("a", 1), configMap("b", 2)], revision: 5 },
        { items: [configMap("b", 2)], revision: 90 },
      ],
      watches: [{ batches: [[{ type: "BOOKMARK", revision: 6 }]], fail: expired("too old") }, {}],
    },
    store,
  );
  assert.deepEqual(asked, ["list", "watch 5", "list", "watch 90"]);
  assert.deepEqual(gone, ["a"]);
});

test("waits before it tries again what failed, and keeps its place while the server is only busy", async () => {
  const asked = await play({
    lists: [{ items: [], revision: 5 }],
    watches: [
      { refuse: new ApiError("TooManyRequests", "busy") },
      { refuse: new Error("connection refused") },
      { batches: [] },
    ],
  });
  assert.deepEqual(asked, ["list", "watch 5", "watch 5", "wait", "watch 5", "wait"]);
});

test("any other refusal means that the place is lost", async () => {
  const asked = await play({
    lists: [
      { items: [], revision: 5 },
      { items: [], revision: 3 },
    ],
    watches: [{ refuse: new ApiError("Timeout", "Too large resource version: 5, current: 3") }, {}],
  });
  assert.deepEqual(
    asked.filter((what) => what !== "wait"),
    ["list", "watch 5", "list", "watch 3"],
  );
});
