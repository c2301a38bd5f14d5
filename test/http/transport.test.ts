/** The client over HTTPS, as agents and the command line use it. */
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, before, test } from "node:test";
import { ConfigMaps, Deployments } from "#api/catalog.ts";
import { isConflict, isForbidden, isNotFound } from "#api/meta/api-error.ts";
import type { WatchEvent } from "#api/meta/watch.ts";
import { describeClient } from "#client/client.conformance.ts";
import { createClient } from "#client/client.ts";
import { httpTransport } from "#client/http-transport.ts";
import { startTestServer, type TestServer } from "../support/http-server.ts";

let server: TestServer;
before(async () => {
  server = await startTestServer();
});
after(() => server.stop());

describeClient("over HTTPS", async () => {
  const opened = await startTestServer();
  const http = httpTransport(opened.access);
  return {
    client: createClient(http),
    compact: async () => opened.storage.compact((await opened.storage.revision()) + 1),
    async [Symbol.asyncDispose]() {
      http.close();
      await opened.stop();
    },
  };
});

const transport = () => httpTransport(server.access);
const object = (name: string, data: Record<string, string> = {}) => ({
  metadata: { name, namespace: "default" },
  data,
});

test("objects are written and read, and are frozen", async () => {
  const http = transport();
  const client = createClient(http);
  const made = await client.create(ConfigMaps, object("a", { x: "1" }));
  assert.ok(made.metadata.uid);
  assert.ok(Object.isFrozen(made.data));
  const key = { namespace: "default", name: "a" };
  assert.deepEqual(await client.get(ConfigMaps, key), made);
  const changed = await client.update(ConfigMaps, { ...made, data: { x: "2" } });
  assert.deepEqual(changed.data, { x: "2" });
  await assert.rejects(client.update(ConfigMaps, { ...made, data: { x: "3" } }), isConflict);
  const patched = await client.patch(ConfigMaps, key, { type: "merge", body: { data: { y: "4" } } });
  assert.deepEqual(patched.data, { x: "2", y: "4" });
  await client.delete(ConfigMaps, key);
  await assert.rejects(client.get(ConfigMaps, key), isNotFound);
  http.close();
});

test("a list has pages, and says where it stands", async () => {
  const http = transport();
  const client = createClient(http);
  for (const name of ["p1", "p2", "p3"])
    await client.create(ConfigMaps, {
      ...object(name),
      metadata: { name, namespace: "default", labels: { page: "yes" } },
    });
  const first = await client.list(ConfigMaps, { labelSelector: "page=yes", limit: 2 });
  assert.deepEqual(
    first.items.map((item) => item.metadata.name),
    ["p1", "p2"],
  );
  const rest = await client.list(ConfigMaps, {
    labelSelector: "page=yes",
    limit: 2,
    continue: first.metadata.continue ?? "",
  });
  assert.deepEqual(
    rest.items.map((item) => [item.kind, item.metadata.name]),
    [["ConfigMap", "p3"]],
  );
  assert.equal(rest.metadata.continue, undefined);
  http.close();
});

test("a watch tells what was, marks where that ends, and what comes, until it is left", async () => {
  const http = transport();
  const client = createClient(http);
  const metadata = { name: "w", namespace: "default", labels: { watched: "yes" } };
  await client.create(ConfigMaps, { metadata });
  const watch = await client.watch(ConfigMaps, {
    labelSelector: "watched=yes",
    sendInitialEvents: true,
    resourceVersionMatch: "NotOlderThan",
    allowWatchBookmarks: true,
  });
  const seen: string[] = [];
  const text = (event: WatchEvent) =>
    event.type === "BOOKMARK"
      ? `mark ${event.initialEventsEnd ?? false}`
      : `${event.type} ${event.object.metadata.name}`;
  for await (const batch of watch) {
    seen.push(...batch.map(text));
    if (seen.length === 2) await client.delete(ConfigMaps, { namespace: "default", name: "w" });
    if (seen.length >= 3) break;
  }
  assert.deepEqual(seen, ["ADDED w", "mark true", "DELETED w"]);
  http.close();
});

test("a revision from the future is refused", async () => {
  const http = transport();
  const client = createClient(http);
  await assert.rejects(client.list(ConfigMaps, { resourceVersion: "999999999" }), /Too large resource version/);
  http.close();
});

test("warnings arrive", async () => {
  const http = transport();
  const sent = { ...object("warned"), nonsense: 1 };
  const { warnings } = await http.dispatch({
    verb: "create",
    resource: ConfigMaps,
    namespace: "default",
    object: sent,
  });
  assert.deepEqual(warnings, ['unknown field "nonsense"']);
  http.close();
});

test("subresources", async () => {
  const http = transport();
  const client = createClient(http);
  const template = { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "i" }] } };
  const spec = { replicas: 1, selector: { matchLabels: { a: "b" } }, template };
  const made = await client.create(Deployments, { metadata: { name: "d", namespace: "default" }, spec });
  await client.updateStatus(Deployments, { ...made, status: { replicas: 7 } });
  const key = { namespace: "default", name: "d" };
  const scale = { kind: "Scale", apiVersion: "autoscaling/v1", metadata: key, spec: { replicas: 3 } };
  await http.dispatch({ verb: "update", resource: Deployments, ...key, subresource: "scale", object: scale });
  const read = await client.get(Deployments, key);
  assert.deepEqual([read.spec.replicas, read.status?.replicas], [3, 7]);
  http.close();
});

test("a token is a way to be known", async () => {
  const { ca, servers } = server.access;
  const http = httpTransport({ ca, servers, token: () => "plain-token" });
  await assert.rejects(createClient(http).list(ConfigMaps), isForbidden);
  http.close();
});

test("another server is taken when one cannot be reached", async () => {
  const closed = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => closed.once("listening", resolve));
  const { port } = closed.address() as { port: number };
  await new Promise((resolve) => closed.close(resolve));
  const servers = [`https://127.0.0.1:${port}`, server.url];
  const http = httpTransport({ ...server.access, servers });
  assert.ok((await createClient(http).list(ConfigMaps)).items);
  http.close();
  const none = httpTransport({ ...server.access, servers: servers.slice(0, 1) });
  await assert.rejects(createClient(none).list(ConfigMaps), { code: "ECONNREFUSED" });
});

test("a server with a certificate of another authority is not believed", async () => {
  const other = await startTestServer();
  const http = httpTransport({ ...server.access, servers: [other.url] });
  await assert.rejects(createClient(http).list(ConfigMaps), /certificate/);
  http.close();
  await other.stop();
});
