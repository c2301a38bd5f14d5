import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ConfigMaps, Deployments, Namespaces, Pods, ServiceAccounts } from "#api/catalog.ts";
import { ApiError, isAlreadyExists, isConflict, isExpired, isInvalid, isNotFound } from "#api/meta/api-error.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import type { Watch, WatchEvent } from "#api/meta/watch.ts";
import type { Client } from "./client.ts";

export interface OpenClient extends AsyncDisposable {
  /** May do everything in a cluster where no controllers run. */
  readonly client: Client;
  /** Makes the server forget its history, so that old revisions are gone. */
  readonly compact: () => Promise<void>;
}

const namespace = "default";
const key = (name: string) => ({ namespace, name });
const configMap = (name: string, data: Record<string, string> = { a: "1" }) => ({ metadata: key(name), data });
const labels = { app: "web" };
const web = {
  metadata: key("web"),
  spec: {
    replicas: 2,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "i:1" }] } },
  },
};

/** What a client must do, whichever door it goes through. */
export function describeClient(name: string, open: () => Promise<OpenClient>): void {
  const check = (what: string, run: (opened: OpenClient) => Promise<void>) =>
    test(what, async () => {
      await using opened = await open();
      await run(opened);
    });

  describe(`client: ${name}`, () => {
    check("what is created can be read, is complete and cannot be changed", readsItsWrites);
    check("refusals are ApiErrors with reason, code and details", refuses);
    check("updates are conditional on the version", updatesConditionally);
    check("patches of all three kinds", patches);
    check("a status is written apart from the rest", writesStatus);
    check("lists by selector, in pages", lists);
    check("deletions with preconditions and finalizers, and of collections", deletes);
    check("a watch tells what is there and what changes", watches);
    check("a watch goes on after a list, with nothing lost", ({ client }) => watchesAfterList(client));
    check("a watch that begins as a list ends it with a bookmark", ({ client }) => watchesAsList(client));
    check("a watch ends when it is aborted, and when its time is up", ({ client }) => endsWatches(client));
    check("a revision that is forgotten is Expired", expires);
    check("subresources are created through their object", bindsPods);
    check("dry run and field validation", ({ client }) => validates(client));
  });
}

async function readsItsWrites({ client }: OpenClient): Promise<void> {
  const made = await client.create(ConfigMaps, configMap("a"));
  assert.deepEqual([made.kind, made.apiVersion, made.data], ["ConfigMap", "v1", { a: "1" }]);
  assert.ok(made.metadata.uid && made.metadata.creationTimestamp && Number(made.metadata.resourceVersion) > 0);
  assert.deepEqual(await client.get(ConfigMaps, key("a")), made);
  assert.ok(Object.isFrozen(made) && Object.isFrozen(made.metadata) && Object.isFrozen(made.data));
  const cluster = await client.create(Namespaces, { metadata: { generateName: "team-" } });
  assert.match(cluster.metadata.name, /^team-[a-z0-9]{5}$/);
}

async function refuses({ client }: OpenClient): Promise<void> {
  await client.create(ConfigMaps, configMap("a"));
  const missing = await failure(client.get(ConfigMaps, key("none")));
  assert.ok(isNotFound(missing));
  assert.deepEqual(
    [missing.code, missing.message, missing.details],
    [404, 'configmaps "none" not found', { name: "none", kind: "configmaps" }],
  );
  assert.ok(isAlreadyExists(await failure(client.create(ConfigMaps, configMap("a")))));
  const bad = await failure(client.create(ConfigMaps, configMap("a", { "no spaces": "x" })));
  assert.ok(isInvalid(bad));
  assert.equal(bad.details?.causes?.[0]?.reason, "FieldValueInvalid");
}

async function updatesConditionally({ client }: OpenClient): Promise<void> {
  const made = await client.create(ConfigMaps, configMap("a"));
  const second = await client.update(ConfigMaps, { ...made, data: { a: "2" } });
  assert.equal(second.metadata.uid, made.metadata.uid);
  assert.ok(isConflict(await failure(client.update(ConfigMaps, { ...made, data: { a: "3" } }))));
  const same = await client.update(ConfigMaps, second);
  assert.equal(same.metadata.resourceVersion, second.metadata.resourceVersion);
  const third = await client.update(ConfigMaps, configMap("a", { a: "3" }));
  assert.deepEqual(third.data, { a: "3" });
}

async function patches({ client }: OpenClient): Promise<void> {
  await client.create(Deployments, web);
  const merge = await client.patch(Deployments, key("web"), { type: "merge", body: { metadata: { labels } } });
  assert.deepEqual([merge.metadata.labels, merge.metadata.generation], [labels, 1]);
  const containers = [{ name: "side", image: "j:1" }];
  const body = { spec: { template: { spec: { containers } } } };
  const strategic = await client.patch(Deployments, key("web"), { type: "strategic", body });
  const images = strategic.spec.template.spec?.containers.map(({ image }) => image);
  assert.deepEqual([images?.toSorted(), strategic.metadata.generation], [["i:1", "j:1"], 2]);
  const operations = [{ op: "replace", path: "/spec/replicas", value: 5 }];
  const json = await client.patch(Deployments, key("web"), { type: "json", body: operations });
  assert.equal(json.spec.replicas, 5);
}

async function writesStatus({ client }: OpenClient): Promise<void> {
  const made = await client.create(Deployments, web);
  const changed = { ...made, spec: { ...made.spec, replicas: 9 }, status: { replicas: 1 } };
  const told = await client.updateStatus(Deployments, changed);
  assert.deepEqual([told.spec.replicas, told.status?.replicas], [2, 1]);
  const updated = await client.update(Deployments, { ...told, spec: { ...told.spec, replicas: 3 }, status: {} });
  assert.deepEqual([updated.spec.replicas, updated.status?.replicas], [3, 1]);
  const body = { status: { replicas: 2 } };
  const patched = await client.patch(Deployments, key("web"), { type: "merge", body }, { subresource: "status" });
  assert.equal(patched.status?.replicas, 2);
}

async function lists({ client }: OpenClient): Promise<void> {
  for (let i = 0; i < 7; i++) {
    const metadata = { ...key(`c${i}`), labels: { odd: String(i % 2 === 1) } };
    await client.create(ConfigMaps, { metadata });
  }
  const odd = await client.list(ConfigMaps, { namespace, labelSelector: "odd in (true)" });
  assert.deepEqual(namesOf(odd.items), ["c1", "c3", "c5"]);
  const one = await client.list(ConfigMaps, { fieldSelector: "metadata.name=c4" });
  assert.deepEqual(namesOf(one.items), ["c4"]);
  assert.equal(one.items[0]?.kind, "ConfigMap");
  const first = await client.list(ConfigMaps, { namespace, limit: 4 });
  assert.deepEqual([namesOf(first.items), first.metadata.remainingItemCount], [["c0", "c1", "c2", "c3"], 3]);
  await client.delete(ConfigMaps, key("c5"));
  const next = first.metadata.continue as string;
  const rest = await client.list(ConfigMaps, { namespace, limit: 4, continue: next });
  assert.deepEqual(namesOf(rest.items), ["c4", "c5", "c6"]);
  assert.equal(rest.metadata.continue, undefined);
}

async function deletes({ client }: OpenClient): Promise<void> {
  const { metadata } = await client.create(ConfigMaps, { metadata: { ...key("a"), finalizers: ["example.com/hold"] } });
  assert.ok(isConflict(await failure(client.delete(ConfigMaps, key("a"), { preconditions: { uid: "other" } }))));
  await client.delete(ConfigMaps, key("a"), { preconditions: { uid: metadata.uid } });
  assert.ok((await client.get(ConfigMaps, key("a"))).metadata.deletionTimestamp);
  await client.patch(ConfigMaps, key("a"), { type: "merge", body: { metadata: { finalizers: null } } });
  assert.ok(isNotFound(await failure(client.get(ConfigMaps, key("a")))));
  for (const name of ["x", "y"]) await client.create(ConfigMaps, { metadata: { ...key(name), labels } });
  await client.create(ConfigMaps, configMap("z"));
  await client.deleteCollection(ConfigMaps, { namespace, labelSelector: "app=web" });
  assert.deepEqual(namesOf((await client.list(ConfigMaps, { namespace })).items), ["z"]);
}

async function watches({ client }: OpenClient): Promise<void> {
  await client.create(ConfigMaps, configMap("a"));
  const watch = await client.watch(ConfigMaps, { namespace, labelSelector: "!hidden" });
  await client.create(ConfigMaps, configMap("b"));
  const hide = { type: "merge", body: { metadata: { labels: { hidden: "yes" } } } } as const;
  await client.patch(ConfigMaps, key("a"), hide);
  await client.delete(ConfigMaps, key("b"));
  const events = await take(watch, 4);
  assert.deepEqual(events.map(shown), ["ADDED a", "ADDED b", "DELETED a", "DELETED b"]);
  for (const event of events) {
    assert.ok(event.type !== "BOOKMARK" && event.object.metadata.resourceVersion === String(event.revision));
  }
}

async function watchesAfterList(client: Client): Promise<void> {
  await client.create(ConfigMaps, configMap("a"));
  const { metadata } = await client.list(ConfigMaps, { namespace });
  await client.create(ConfigMaps, configMap("b"));
  const watch = await client.watch(ConfigMaps, { namespace, resourceVersion: metadata.resourceVersion });
  await client.update(ConfigMaps, configMap("a", { a: "2" }));
  assert.deepEqual((await take(watch, 2)).map(shown), ["ADDED b", "MODIFIED a"]);
}

async function watchesAsList(client: Client): Promise<void> {
  await client.create(ConfigMaps, configMap("a"));
  const watch = await client.watch(ConfigMaps, {
    namespace,
    sendInitialEvents: true,
    resourceVersionMatch: "NotOlderThan",
    allowWatchBookmarks: true,
  });
  await client.create(ConfigMaps, configMap("b"));
  const events = await take(watch, 3);
  assert.deepEqual(events.map(shown), ["ADDED a", "BOOKMARK initial", "ADDED b"]);
}

async function endsWatches(client: Client): Promise<void> {
  const abort = new AbortController();
  const watch = await client.watch(ConfigMaps, { namespace, signal: abort.signal });
  const reading = take(watch, 1);
  abort.abort();
  assert.deepEqual(await reading, []);
  assert.deepEqual(await take(await client.watch(ConfigMaps, { namespace, timeoutSeconds: 1 }), 1), []);
}

async function expires({ client, compact }: OpenClient): Promise<void> {
  const { metadata } = await client.create(ConfigMaps, configMap("a"));
  await client.update(ConfigMaps, configMap("a", { a: "2" }));
  await compact();
  const { resourceVersion } = metadata;
  const listing = client.list(ConfigMaps, { namespace, resourceVersion, resourceVersionMatch: "Exact" });
  assert.ok(isExpired(await failure(listing)));
}

async function bindsPods({ client }: OpenClient): Promise<void> {
  await client.create(ServiceAccounts, { metadata: key("runner") });
  const spec = { serviceAccountName: "runner", containers: [{ name: "c", image: "i" }] };
  const { metadata } = await client.create(Pods, { metadata: key("p"), spec });
  const binding = { apiVersion: "v1", kind: "Binding", metadata: { ...key("p"), uid: metadata.uid } };
  const bind = () => client.createSub(Pods, key("p"), "binding", { ...binding, target: { kind: "Node", name: "n" } });
  await bind();
  assert.equal((await client.get(Pods, key("p"))).spec.nodeName, "n");
  assert.ok(isConflict(await failure(bind())));
}

async function validates(client: Client): Promise<void> {
  const dry = await client.create(ConfigMaps, configMap("a"), { dryRun: true });
  assert.equal(dry.metadata.name, "a");
  assert.ok(isNotFound(await failure(client.get(ConfigMaps, key("a")))));
  const unknown = { ...configMap("a"), dta: {} };
  const strict = await failure(client.create(ConfigMaps, unknown, { fieldValidation: "Strict" }));
  assert.deepEqual([strict.code, strict.reason], [400, "BadRequest"]);
  assert.match(strict.message, /strict decoding error: unknown field "dta"$/);
  await client.create(ConfigMaps, unknown, { fieldValidation: "Ignore" });
}

async function failure(action: Promise<unknown>): Promise<ApiError> {
  try {
    await action;
  } catch (error) {
    assert.ok(error instanceof ApiError, String(error));
    return error;
  }
  return assert.fail("should have been refused");
}

async function take(watch: Watch, count: number): Promise<WatchEvent[]> {
  const seen: WatchEvent[] = [];
  for await (const batch of watch) {
    seen.push(...batch);
    if (seen.length >= count) break;
  }
  return seen;
}

const namesOf = (items: readonly KubeObject[]) => items.map(({ metadata }) => metadata.name);

const shown = (event: WatchEvent) =>
  event.type === "BOOKMARK"
    ? `BOOKMARK${event.initialEventsEnd ? " initial" : ""}`
    : `${event.type} ${event.object.metadata.name}`;
