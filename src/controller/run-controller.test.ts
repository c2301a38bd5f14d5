import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigMaps, Events, Secrets } from "#api/catalog.ts";
import { Caches } from "#client/cache/caches.ts";
import { createClient } from "#client/client.ts";
import type { Transport } from "#client/transport.ts";
import { silentLogger } from "#kit/log.ts";
import { Registry } from "#kit/metrics.ts";
import { type Running, run } from "#kit/scope.ts";
import { sleep } from "#kit/sleep.ts";
import { Link } from "#testing/link.ts";
import { type TestCluster, testCluster } from "#testing/test-cluster.ts";
import { type ControllerDefinition, Terminal, wake } from "./controller.ts";
import { controllerReference } from "./owners.ts";
import { queueMetrics } from "./queue-metrics.ts";
import { controllerComponent } from "./run-controller.ts";

const namespace = "default";
const user = { name: "admin", groups: ["system:masters"] };
type Definition = ControllerDefinition<typeof ConfigMaps>;

/** Runs the controller beside the cluster, with a cache of its own over the transport. */
async function running(
  cluster: TestCluster,
  definition: Definition,
  api: Transport = cluster.api,
  registry = new Registry(),
): Promise<Running> {
  const { clock } = cluster;
  const client = createClient(api, { user });
  const caches = new Caches({ client, clock, log: silentLogger });
  const dependencies = { client, caches, clock, log: silentLogger, metrics: queueMetrics(registry) };
  return run([caches, controllerComponent(definition, dependencies)]);
}

/** Every ConfigMap called `owner…` shall have one Secret. */
function secretKeeper(onReconcile: () => void = () => {}): Definition {
  return {
    name: "secret-keeper",
    for: ConfigMaps,
    owns: [Secrets],
    async reconcile(key, { cache, client }) {
      onReconcile();
      const owner = cache.find(ConfigMaps, key);
      if (!owner?.metadata.name.startsWith("owner") || cache.ownedBy(Secrets, owner).length > 0) return;
      const ownerReferences = [controllerReference(ConfigMaps, owner)];
      await client.create(Secrets, { metadata: { generateName: "kept-", namespace, ownerReferences } });
    },
  };
}

const secrets = async ({ client }: TestCluster) =>
  (await client.list(Secrets, { namespace })).items.filter(({ metadata }) => metadata.name.startsWith("kept-"));
const touch = ({ client }: TestCluster, n: number) =>
  client.patch(ConfigMaps, { namespace, name: "owner" }, { type: "merge", body: { data: { n: String(n) } } });

test("a controller whose cache lags does not do its work twice", async () => {
  await using cluster = await testCluster({ nodes: 0 });
  /** Secrets come into the cache half a second late. */
  const lagging: Transport = {
    async dispatch(request) {
      const response = await cluster.api.dispatch(request);
      if (response.kind !== "watch" || request.resource !== Secrets) return response;
      const late = async function* () {
        for await (const batch of response.watch) {
          await sleep(500, cluster.clock, request.signal).catch(() => {}); // the abort ends the watch
          yield batch;
        }
      };
      return { ...response, watch: late() };
    },
  };
  let reconciled = 0;
  await using _ = await running(
    cluster,
    secretKeeper(() => reconciled++),
    lagging,
  );
  await cluster.client.create(ConfigMaps, { metadata: { name: "owner", namespace } });
  await cluster.clock.advance(0);
  const before = reconciled;
  for (let n = 0; n < 5; n++) {
    await touch(cluster, n);
    await cluster.clock.advance(50);
  }
  assert.equal(reconciled, before, "the key is held until its own write can be seen");
  await cluster.settle();
  assert.ok(reconciled > before);
  assert.equal((await secrets(cluster)).length, 1);
});

test("a child that goes, or is taken away from its owner, wakes the owner", async () => {
  await using cluster = await testCluster({ nodes: 0 });
  await using _ = await running(cluster, secretKeeper());
  await cluster.client.create(ConfigMaps, { metadata: { name: "owner", namespace } });
  await cluster.settle();
  const [first] = await secrets(cluster);
  await cluster.client.delete(Secrets, first!.metadata);
  await cluster.settle();
  const [second] = await secrets(cluster);
  assert.ok(second && second.metadata.uid !== first?.metadata.uid);
  await cluster.client.patch(Secrets, second.metadata, {
    type: "merge",
    body: { metadata: { ownerReferences: null } },
  });
  await cluster.settle();
  assert.equal((await secrets(cluster)).length, 2);
});

test("a failure is tried again after a growing wait, a terminal one is not; again comes when asked for", async () => {
  await using cluster = await testCluster({ nodes: 0 });
  const attempts: Record<string, number[]> = { failing: [], hopeless: [], clockwork: [] };
  const begun = cluster.clock.now();
  const registry = new Registry();
  const definition: Definition = {
    name: "stubborn",
    for: ConfigMaps,
    async reconcile({ name }, { clock }) {
      attempts[name]?.push(clock.now() - begun);
      if (name === "failing") throw new Error("not yet");
      if (name === "hopeless") throw new Terminal("never");
      return name === "clockwork" ? { again: 40 } : undefined;
    },
  };
  await using _ = await running(cluster, definition, cluster.api, registry);
  for (const name of Object.keys(attempts)) await cluster.client.create(ConfigMaps, { metadata: { name, namespace } });
  await cluster.advance(100);
  assert.deepEqual(attempts, { failing: [0, 5, 15, 35, 75], hopeless: [0], clockwork: [0, 40, 80] });
  assert.match(await registry.metrics(), /workqueue_retries_total\{name="stubborn"\} 5/);
  assert.match(await registry.metrics(), /workqueue_depth\{name="stubborn"\} 0/);
});

test("what other kinds wake is asked of the object as it is and as it was", async () => {
  await using cluster = await testCluster({ nodes: 0 });
  const woken = new Set<string>();
  const definition: Definition = {
    name: "by label",
    for: ConfigMaps,
    wakes: [wake(Secrets, ({ metadata }) => [{ namespace, name: metadata.labels?.for ?? "" }])],
    async reconcile({ name }) {
      woken.add(name);
    },
  };
  await using _ = await running(cluster, definition);
  await cluster.client.create(Secrets, { metadata: { name: "s", namespace, labels: { for: "a" } } });
  await cluster.settle();
  woken.clear();
  await cluster.client.patch(
    Secrets,
    { namespace, name: "s" },
    { type: "merge", body: { metadata: { labels: { for: "b" } } } },
  );
  await cluster.settle();
  assert.deepEqual([...woken].toSorted(), ["a", "b"]);
});

test("while the connection is cut nothing is missed", async () => {
  await using cluster = await testCluster({ nodes: 0 });
  const link = new Link(cluster.api);
  await using _ = await running(cluster, secretKeeper(), link);
  await cluster.client.create(ConfigMaps, { metadata: { name: "owner", namespace } });
  await cluster.settle();
  link.cut();
  const [secret] = await secrets(cluster);
  await cluster.client.delete(Secrets, secret!.metadata);
  await cluster.client.create(ConfigMaps, { metadata: { name: "owner-2", namespace } });
  await cluster.advance(60_000);
  assert.equal((await secrets(cluster)).length, 0);
  link.mend();
  await cluster.advance(30_000);
  assert.equal((await secrets(cluster)).length, 2);
});

test("events: written as Kubernetes writes them, counted when repeated, written anew when they have expired", async () => {
  await using cluster = await testCluster({ nodes: 0 });
  const definition: Definition = {
    name: "town-crier",
    for: ConfigMaps,
    async reconcile(key, { cache, events }) {
      const object = cache.find(ConfigMaps, key);
      if (object?.metadata.name === "owner") events.event(object, "Warning", "Changed", "it has changed");
    },
  };
  await using _ = await running(cluster, definition);
  const { metadata } = await cluster.client.create(ConfigMaps, { metadata: { name: "owner", namespace } });
  await cluster.settle();
  const told = async () =>
    (await cluster.client.list(Events, { namespace })).items.filter(({ reason }) => reason === "Changed");
  const [event] = await told();
  assert.match(event?.metadata.name ?? "", /^owner\.[0-9a-f]{16}$/);
  const { apiVersion: _a, kind: _k, metadata: _m, ...rest } = event ?? {};
  assert.deepEqual(rest, {
    involvedObject: {
      apiVersion: "v1",
      kind: "ConfigMap",
      namespace,
      name: "owner",
      uid: metadata.uid,
      resourceVersion: metadata.resourceVersion,
    },
    type: "Warning",
    reason: "Changed",
    message: "it has changed",
    source: { component: "town-crier" },
    reportingComponent: "town-crier",
    reportingInstance: "",
    count: 1,
    firstTimestamp: "2030-01-01T00:00:00Z",
    lastTimestamp: "2030-01-01T00:00:00Z",
  });
  await cluster.advance(5000);
  await touch(cluster, 1);
  await cluster.settle();
  const [again, ...others] = await told();
  assert.deepEqual(
    [again?.count, again?.firstTimestamp, again?.lastTimestamp, others.length],
    [2, "2030-01-01T00:00:00Z", "2030-01-01T00:00:05Z", 0],
  );
  await cluster.client.delete(Events, again!.metadata);
  await touch(cluster, 2);
  await cluster.settle();
  assert.equal((await told())[0]?.count, 3);
});
