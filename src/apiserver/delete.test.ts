import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigMaps, Namespaces, Pods } from "#api/catalog.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import type { DeleteOptions } from "#client/transport.ts";
import { FakeClock } from "#testing/fake-clock.ts";
import { planDeletion } from "./registry/delete.plan.ts";
import { admin, configMap, pod, refused, type TestServer, testServer } from "./test-server.ts";

const key = (name: string) => ({ namespace: "default", name });
const clock = () => new FakeClock();

const running = async ({ client }: TestServer, name: string) => {
  await client.create(Pods, pod(name));
  await client.createSub(Pods, key(name), "binding", { target: { kind: "Node", name: "n" } });
};

const deletePod = async ({ api }: TestServer, name: string, deleteOptions: DeleteOptions = {}) => {
  const response = await api.dispatch({ verb: "delete", resource: Pods, ...key(name), deleteOptions, user: admin });
  assert.ok(response.kind === "object");
  return response;
};

test("what nobody holds goes at once, answered with a Status", async () => {
  await using server = await testServer();
  const { client, api } = server;
  const { metadata } = await client.create(ConfigMaps, configMap("a"));
  const response = await api.dispatch({ verb: "delete", resource: ConfigMaps, ...key("a"), user: admin });
  assert.deepEqual(response, {
    kind: "object",
    status: 200,
    object: {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Success",
      details: { name: "a", kind: "configmaps", uid: metadata.uid },
    },
  });
  await assert.rejects(client.delete(ConfigMaps, key("a")), refused("NotFound", 'configmaps "a" not found'));
});

test("a pod on a node is given time, and goes when its node says so", async () => {
  await using server = await testServer({ clock: clock() });
  const { client } = server;
  await running(server, "p");
  const { object } = await deletePod(server, "p");
  const { metadata } = object as KubeObject;
  assert.deepEqual([metadata.deletionGracePeriodSeconds, metadata.deletionTimestamp], [30, "2030-01-01T00:00:30Z"]);
  assert.equal(metadata.generation, 2);

  const again = (await deletePod(server, "p")).object as KubeObject;
  assert.equal(again.metadata.resourceVersion, metadata.resourceVersion, "asking again changes nothing");
  const longer = (await deletePod(server, "p", { gracePeriodSeconds: 60 })).object as KubeObject;
  assert.equal(longer.metadata.deletionGracePeriodSeconds, 30);
  const shorter = (await deletePod(server, "p", { gracePeriodSeconds: 5 })).object as KubeObject;
  assert.deepEqual(
    [shorter.metadata.deletionGracePeriodSeconds, shorter.metadata.deletionTimestamp],
    [5, "2030-01-01T00:00:05Z"],
  );
  await client.updateStatus(Pods, { ...shorter, status: { phase: "Running" } } as never);
  assert.ok(await client.get(Pods, key("p")), "a status write does not end it");
  await deletePod(server, "p", { gracePeriodSeconds: 0 });
  await assert.rejects(client.get(Pods, key("p")), refused("NotFound"));
});

test("a pod that runs nowhere, or no more, goes at once", async () => {
  await using server = await testServer();
  const { client } = server;
  await client.create(Pods, pod("unscheduled"));
  await deletePod(server, "unscheduled");
  await running(server, "ended");
  const body = { status: { phase: "Succeeded" } };
  await client.patch(Pods, key("ended"), { type: "merge", body }, { subresource: "status" });
  await deletePod(server, "ended");
  assert.deepEqual((await client.list(Pods)).items, []);
});

test("finalizers hold an object until the last is taken off", async () => {
  await using server = await testServer({ clock: clock() });
  const { client } = server;
  const { metadata, ...rest } = configMap("a");
  await client.create(ConfigMaps, { ...rest, metadata: { ...metadata, finalizers: ["a.b/one", "a.b/two"] } });
  await client.delete(ConfigMaps, key("a"));
  const marked = await client.get(ConfigMaps, key("a"));
  assert.deepEqual(
    [marked.metadata.deletionTimestamp, marked.metadata.deletionGracePeriodSeconds],
    ["2030-01-01T00:00:00Z", 0],
  );
  await client.delete(ConfigMaps, key("a"));
  const set = (finalizers: string[]) =>
    client.patch(ConfigMaps, key("a"), { type: "merge", body: { metadata: { finalizers } } });
  await assert.rejects(
    set(["a.b/one", "a.b/two", "a.b/three"]),
    refused(
      "Invalid",
      'ConfigMap "a" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"a.b/three"}',
    ),
  );
  const unmarked = await client.patch(ConfigMaps, key("a"), {
    type: "merge",
    body: { metadata: { deletionTimestamp: null } },
  });
  assert.equal(unmarked.metadata.deletionTimestamp, marked.metadata.deletionTimestamp, "there is no way back");
  await set(["a.b/two"]);
  assert.ok(await client.get(ConfigMaps, key("a")));
  await set([]);
  await assert.rejects(client.get(ConfigMaps, key("a")), refused("NotFound"));
});

test("propagation becomes a finalizer for the garbage collector", async () => {
  await using server = await testServer();
  const { client, api } = server;
  for (const name of ["foreground", "orphan", "background"]) await client.create(ConfigMaps, configMap(name));
  const remove = (name: string, propagationPolicy: NonNullable<DeleteOptions["propagationPolicy"]>) =>
    api.dispatch({
      verb: "delete",
      resource: ConfigMaps,
      ...key(name),
      deleteOptions: { propagationPolicy },
      user: admin,
    });
  const foreground = await remove("foreground", "Foreground");
  assert.equal(foreground.kind === "object" && foreground.status, 202);
  await remove("orphan", "Orphan");
  await remove("background", "Background");
  const { items } = await client.list(ConfigMaps, { namespace: "default" });
  assert.deepEqual(
    items.map(({ metadata }) => [metadata.name, metadata.finalizers]),
    [
      ["foreground", ["foregroundDeletion"]],
      ["orphan", ["orphan"]],
    ],
  );
  await remove("foreground", "Background");
  await assert.rejects(client.get(ConfigMaps, key("foreground")), refused("NotFound"), "the last word counts");
});

test("preconditions", async () => {
  await using server = await testServer();
  const { client } = server;
  const { metadata } = await client.create(ConfigMaps, configMap("a"));
  const remove = (preconditions: DeleteOptions["preconditions"]) =>
    client.delete(ConfigMaps, key("a"), { ...(preconditions && { preconditions }) });
  await assert.rejects(
    remove({ uid: "other" }),
    refused("Conflict", /Precondition failed: UID in precondition: other/),
  );
  await assert.rejects(remove({ resourceVersion: "1" }), refused("Conflict", /ResourceVersion in precondition: 1,/));
  await remove({ uid: metadata.uid, resourceVersion: metadata.resourceVersion });
});

test("dry run deletes nothing", async () => {
  await using server = await testServer();
  const { client } = server;
  await client.create(ConfigMaps, configMap("a"));
  await client.delete(ConfigMaps, key("a"), { dryRun: true });
  assert.ok(await client.get(ConfigMaps, key("a")));
});

test("a collection goes by its selector", async () => {
  await using server = await testServer();
  const { client } = server;
  for (let i = 0; i < 80; i++) {
    const { metadata } = configMap(`c${i}`);
    await client.create(ConfigMaps, { metadata: { ...metadata, labels: { half: i % 2 ? "odd" : "even" } } });
  }
  await client.deleteCollection(ConfigMaps, { namespace: "default", labelSelector: "half=odd" });
  const { items } = await client.list(ConfigMaps, { namespace: "default" });
  assert.equal(items.length, 40);
  assert.ok(items.every(({ metadata }) => metadata.labels?.half === "even"));
});

test("a namespace goes in two steps: content, then itself", async () => {
  await using server = await testServer();
  const { client, api } = server;
  const made = await client.create(Namespaces, { metadata: { name: "team" } });
  assert.deepEqual([made.status?.phase, made.spec.finalizers], ["Active", ["kubernetes"]]);
  await client.delete(Namespaces, { name: "team" });
  const going = await client.get(Namespaces, { name: "team" });
  assert.equal(going.status?.phase, "Terminating");
  const late = await client.create(ConfigMaps, { metadata: { namespace: "team", name: "a" } }).catch((error) => error);
  assert.deepEqual(
    [late.code, late.message, late.details.causes[0].reason],
    [
      403,
      'configmaps "a" is forbidden: unable to create new content in namespace team because it is being terminated',
      "NamespaceTerminating",
    ],
  );
  await client.update(Namespaces, { ...going, spec: { finalizers: [] } });
  assert.ok(await client.get(Namespaces, { name: "team" }), "only `finalize` takes them off");
  const finalize = {
    verb: "update",
    resource: Namespaces,
    name: "team",
    subresource: "finalize",
    user: admin,
  } as const;
  await api.dispatch({ ...finalize, object: { ...going, spec: { finalizers: [] } } });
  await assert.rejects(client.get(Namespaces, { name: "team" }), refused("NotFound"));
  await assert.rejects(
    client.delete(Namespaces, { name: "default" }),
    refused("Forbidden", 'namespaces "default" is forbidden: this namespace may not be deleted'),
  );
});

test("eviction deletes unless the guard objects", async () => {
  let allowed = false;
  await using server = await testServer({
    evictionGuard: () => {
      if (!allowed) throw Object.assign(new Error("too few"), {});
    },
  });
  await running(server, "p");
  const body = { status: { phase: "Running" } };
  await server.client.patch(Pods, key("p"), { type: "merge", body }, { subresource: "status" });
  const evict = () =>
    server.client.createSub(Pods, key("p"), "eviction", {
      metadata: key("p"),
      deleteOptions: { gracePeriodSeconds: 0 },
    });
  await assert.rejects(evict(), /too few/);
  allowed = true;
  await evict();
  await assert.rejects(server.client.get(Pods, key("p")), refused("NotFound"));
});

test("of grace and finalizers a plan", () => {
  const base = { apiVersion: "v1", kind: "Pod", spec: { nodeName: "n", terminationGracePeriodSeconds: 10 } };
  const object = (metadata: object) => ({ ...base, metadata: { name: "p", ...metadata } }) as unknown as KubeObject;
  const plan = (metadata: object, options: DeleteOptions = {}) => planDeletion(Pods, object(metadata), options, 0);
  assert.equal(plan({}, { gracePeriodSeconds: 0 }).do, "remove");
  assert.equal(plan({}).do, "mark");
  const negative = plan({}, { gracePeriodSeconds: -5 });
  assert.equal(negative.do === "mark" && negative.next.metadata.deletionGracePeriodSeconds, 1);
  const held = plan({ finalizers: ["a.b/c"] }, { gracePeriodSeconds: 0 });
  assert.equal(held.do === "mark" && held.next.metadata.deletionGracePeriodSeconds, 0);
  const deleting = { deletionTimestamp: "1970-01-01T00:00:10Z", deletionGracePeriodSeconds: 10 };
  assert.equal(plan(deleting).do, "nothing");
  assert.equal(plan(deleting, { gracePeriodSeconds: 20 }).do, "nothing");
});
