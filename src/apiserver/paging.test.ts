import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigMaps, Namespaces } from "#api/catalog.ts";
import type { ApiError } from "#api/meta/api-error.ts";
import type { ListOptions } from "#client/client.ts";
import { configMap, refused, type TestServer, testServer } from "./test-server.ts";

const names = (list: { items: readonly { metadata: { name: string } }[] }) =>
  list.items.map(({ metadata }) => metadata.name);

async function filled(count: number): Promise<TestServer> {
  const server = await testServer();
  for (let i = 0; i < count; i++) {
    const { metadata } = configMap(`c${String(i).padStart(3, "0")}`);
    await server.client.create(ConfigMaps, { metadata: { ...metadata, labels: { n: String(i % 10) } } });
  }
  return server;
}

const list = ({ client }: TestServer, options: ListOptions = {}) =>
  client.list(ConfigMaps, { namespace: "default", ...options });

test("in the order of names, within a namespace or over all", async () => {
  await using server = await testServer();
  const { client } = server;
  for (const name of ["b", "a-b", "a", "c"]) await client.create(ConfigMaps, configMap(name));
  await client.create(Namespaces, { metadata: { name: "default-2" } });
  await client.create(ConfigMaps, { metadata: { namespace: "default-2", name: "z" } });
  assert.deepEqual(names(await list(server)), ["a", "a-b", "b", "c"]);
  const everywhere = (await client.list(ConfigMaps)).items.map(
    ({ metadata }) => `${metadata.namespace}/${metadata.name}`,
  );
  assert.deepEqual(everywhere, ["default-2/z", "default/a", "default/a-b", "default/b", "default/c"]);
});

test("pages show one revision, whatever is written in between", async () => {
  await using server = await filled(25);
  const seen: string[] = [];
  let next: string | undefined;
  let revision: string | undefined;
  const left: (number | undefined)[] = [];
  do {
    const page: Awaited<ReturnType<typeof list>> = await list(server, { limit: 10, ...(next && { continue: next }) });
    seen.push(...names(page));
    revision ??= page.metadata.resourceVersion;
    assert.equal(page.metadata.resourceVersion, revision);
    left.push(page.metadata.remainingItemCount);
    next = page.metadata.continue;
    await server.client.create(ConfigMaps, configMap(`c0${seen.length}-new`));
    await server.client.delete(ConfigMaps, {
      namespace: "default",
      name: `c0${seen.length === 25 ? 24 : seen.length + 1}`,
    });
  } while (next);
  assert.deepEqual(
    seen,
    Array.from({ length: 25 }, (_, i) => `c${String(i).padStart(3, "0")}`),
  );
  assert.deepEqual(left, [15, 5, undefined]);
});

test("pages of a selection are full, and do not count the rest", async () => {
  await using server = await filled(40);
  const first = await list(server, { limit: 3, labelSelector: "n=7" });
  assert.deepEqual(names(first), ["c007", "c017", "c027"]);
  assert.equal(first.metadata.remainingItemCount, undefined);
  const next = first.metadata.continue as string;
  await server.client.create(ConfigMaps, configMap("z")); // so that history must be read
  const second = await list(server, { limit: 3, labelSelector: "n=7", continue: next });
  assert.deepEqual([names(second), second.metadata.continue], [["c037"], undefined]);
});

test("a page as long as the list has no next one", async () => {
  await using server = await filled(10);
  const page = await list(server, { limit: 10 });
  assert.deepEqual(
    [page.items.length, page.metadata.continue, page.metadata.remainingItemCount],
    [10, undefined, undefined],
  );
});

test("a token whose revision is gone is refused with one that goes on in the present", async () => {
  await using server = await filled(6);
  const first = await list(server, { limit: 3 });
  await server.client.create(ConfigMaps, configMap("c003-b"));
  await server.storage.compact((await server.storage.revision()) + 1);
  const error: ApiError = await list(server, { limit: 3, continue: first.metadata.continue as string }).then(
    () => assert.fail("should be refused"),
    (e) => e,
  );
  assert.deepEqual([error.code, error.reason], [410, "Expired"]);
  assert.match(error.message, /^The provided continue parameter is too old to display a consistent list result/);
  const fresh = (error.toStatus().metadata as { continue: string }).continue;
  assert.deepEqual(names(await list(server, { continue: fresh })), ["c003", "c003-b", "c004", "c005"]);
});

test("revisions: any, at least, exactly", async () => {
  await using server = await filled(3);
  const then = (await list(server)).metadata.resourceVersion;
  await server.client.create(ConfigMaps, configMap("c003"));
  const all = ["c000", "c001", "c002", "c003"];
  assert.deepEqual(names(await list(server, { resourceVersion: "0" })), all);
  assert.deepEqual(names(await list(server, { resourceVersion: "0", limit: 2 })), all, "the cache does not page");
  assert.deepEqual(names(await list(server, { resourceVersion: then, resourceVersionMatch: "NotOlderThan" })), all);
  assert.deepEqual(names(await list(server, { resourceVersion: then })), all);
  const exact = await list(server, { resourceVersion: then, resourceVersionMatch: "Exact" });
  assert.deepEqual([names(exact), exact.metadata.resourceVersion], [all.slice(0, 3), then]);
  const limited = await list(server, { resourceVersion: then, limit: 2 });
  assert.deepEqual([names(limited), limited.metadata.remainingItemCount], [all.slice(0, 2), 1]);
  await server.storage.compact((await server.storage.revision()) + 1);
  await assert.rejects(
    list(server, { resourceVersion: then, resourceVersionMatch: "Exact" }),
    refused("Expired", "The resourceVersion for the provided list is too old."),
  );
});

test("a revision from the future is waited for, then refused", async () => {
  await using server = await filled(1);
  const now = Number((await list(server)).metadata.resourceVersion);
  const waiting = list(server, { resourceVersion: String(now + 2) });
  await server.client.create(ConfigMaps, configMap("x"));
  await server.client.create(ConfigMaps, configMap("y"));
  assert.equal((await waiting).items.length, 3);
  const exact = { resourceVersion: String(now + 100), resourceVersionMatch: "Exact" };
  await assert.rejects(
    list(server, exact),
    refused("Timeout", `Too large resource version: ${now + 100}, current: ${now + 2}`),
  );
});

test("bad parameters", async () => {
  await using server = await filled(1);
  await assert.rejects(list(server, { continue: "%%%" }), refused("BadRequest", /^continue key is not valid/));
  await assert.rejects(
    list(server, { resourceVersion: "abc" }),
    refused("Invalid", /resourceVersion: Invalid value: "abc": strconv\.ParseUint: parsing "abc": invalid syntax$/),
  );
  await assert.rejects(list(server, { labelSelector: "a in" }), refused("BadRequest"));
  await assert.rejects(
    list(server, { fieldSelector: "spec.x=1" }),
    refused("BadRequest", '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"'),
  );
  const first = await list(server, { fieldSelector: "metadata.name=c000,metadata.namespace!=other" });
  assert.deepEqual(names(first), ["c000"]);
});
