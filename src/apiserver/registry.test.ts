import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ConfigMaps, Deployments, EndpointsResource, Leases, Namespaces, Nodes, Pods } from "#api/catalog.ts";
import type { ApiError } from "#api/meta/api-error.ts";
import { openMemoryStorage } from "#storage/memory-storage.ts";
import { type Storage, StorageConflict } from "#storage/storage.ts";
import { admin, configMap, pod, refused, testServer } from "./test-server.ts";

const key = (name: string) => ({ namespace: "default", name });

describe("create", () => {
  test("fills in what the server owns", async () => {
    await using server = await testServer();
    const made = await server.client.create(ConfigMaps, configMap("a"));
    assert.match(made.metadata.uid, /^[0-9a-f-]{36}$/);
    assert.match(made.metadata.creationTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.match(made.metadata.resourceVersion, /^\d+$/);
    assert.deepEqual([made.kind, made.apiVersion, made.data], ["ConfigMap", "v1", { a: "1" }]);
    assert.equal(await server.client.get(ConfigMaps, key("a")), made, "the very object, shared and frozen");
    assert.throws(() => Object.assign(made.data as object, { b: "2" }), TypeError);
  });

  test("what only the server may write is not taken from the client", async () => {
    await using server = await testServer();
    const made = await server.client.create(ConfigMaps, {
      ...configMap("a"),
      metadata: {
        ...configMap("a").metadata,
        uid: "mine",
        generation: 7,
        creationTimestamp: "2001-01-01T00:00:00Z",
        deletionTimestamp: "2001-01-01T00:00:00Z",
        deletionGracePeriodSeconds: 3,
      },
    });
    const { uid, creationTimestamp, generation, deletionTimestamp, deletionGracePeriodSeconds } = made.metadata;
    assert.notEqual(uid, "mine");
    assert.notEqual(creationTimestamp, "2001-01-01T00:00:00Z");
    assert.deepEqual([generation, deletionTimestamp, deletionGracePeriodSeconds], [undefined, undefined, undefined]);
  });

  test("refusals", async () => {
    await using server = await testServer();
    const { client, api } = server;
    await client.create(ConfigMaps, configMap("a"));
    await assert.rejects(
      client.create(ConfigMaps, configMap("a")),
      refused("AlreadyExists", 'configmaps "a" already exists'),
    );
    await assert.rejects(
      client.create(ConfigMaps, { metadata: { ...configMap("b").metadata, resourceVersion: "5" } }),
      refused("", "resourceVersion should not be set on objects to be created"),
    );
    await assert.rejects(
      client.create(ConfigMaps, { metadata: { namespace: "default" } }),
      refused("Invalid", 'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required'),
    );
    await assert.rejects(
      client.create(ConfigMaps, { metadata: { namespace: "nowhere", name: "a" } }),
      refused("NotFound", 'namespaces "nowhere" not found'),
    );
    const elsewhere = {
      verb: "create",
      resource: ConfigMaps,
      namespace: "kube-system",
      object: configMap("a"),
    } as const;
    await assert.rejects(
      api.dispatch({ ...elsewhere, user: admin }),
      refused("BadRequest", "the namespace of the provided object does not match the namespace sent on the request"),
    );
    await assert.rejects(
      client.create(Namespaces, { metadata: { name: "Upper" } }),
      refused(
        "Invalid",
        /^Namespace "Upper" is invalid: metadata\.name: Invalid value: "Upper": a lowercase RFC 1123 label/,
      ),
    );
    const badName = await client.create(ConfigMaps, configMap("a b")).catch((error: ApiError) => error);
    assert.deepEqual(
      (badName as ApiError).details?.causes?.map(({ field, reason }) => [field, reason]),
      [["metadata.name", "FieldValueInvalid"]],
    );
  });

  test("wrong types are told in the words of the decoder", async () => {
    await using server = await testServer();
    const object = { metadata: { name: "a" }, data: { a: 1 } };
    await assert.rejects(
      server.api.dispatch({ verb: "create", resource: ConfigMaps, namespace: "default", object, user: admin }),
      refused(
        "BadRequest",
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
      ),
    );
  });

  test("generateName makes names until one is free", async () => {
    await using server = await testServer();
    const draft = { metadata: { namespace: "default", generateName: "web-" } };
    const names = await Promise.all(
      Array.from({ length: 50 }, async () => (await server.client.create(ConfigMaps, draft)).metadata.name),
    );
    for (const name of names) assert.match(name, /^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    assert.equal(new Set(names).size, 50);
    const namespace = await server.client.create(Namespaces, { metadata: { generateName: "team-" } });
    assert.equal(namespace.metadata.labels?.["kubernetes.io/metadata.name"], namespace.metadata.name);
  });

  test("of two at the same time one wins", async () => {
    await using server = await testServer();
    const results = await Promise.allSettled([1, 2, 3].map(() => server.client.create(ConfigMaps, configMap("a"))));
    assert.deepEqual(results.map(({ status }) => status).toSorted(), ["fulfilled", "rejected", "rejected"]);
  });

  test("dry run writes nothing", async () => {
    await using server = await testServer();
    const { client, storage } = server;
    const before = await storage.revision();
    const made = await client.create(ConfigMaps, configMap("a"), { dryRun: true });
    assert.deepEqual([made.metadata.name, made.metadata.resourceVersion], ["a", undefined]);
    assert.equal(await storage.revision(), before);
    await assert.rejects(client.get(ConfigMaps, key("a")), refused("NotFound", 'configmaps "a" not found'));
    await client.create(ConfigMaps, configMap("a"));
    await assert.rejects(client.create(ConfigMaps, configMap("a"), { dryRun: true }), refused("AlreadyExists"));
  });
});

describe("fields that nobody knows", () => {
  const object = { metadata: { name: "a" }, dta: { a: "1" } };
  const request = { verb: "create", resource: ConfigMaps, namespace: "default", object, user: admin } as const;

  test("Strict refuses, Warn tells, Ignore drops", async () => {
    await using server = await testServer();
    const strict = { ...request, options: { fieldValidation: "Strict" }, duplicateFields: ["data"] } as const;
    await assert.rejects(
      server.api.dispatch(strict),
      refused(
        "BadRequest",
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "dta", duplicate field "data"',
      ),
    );
    const warned = await server.api.dispatch({ ...request, options: { dryRun: true } });
    assert.deepEqual(warned.warnings, ['unknown field "dta"']);
    const ignored = await server.api.dispatch({ ...request, options: { fieldValidation: "Ignore" } });
    assert.equal(ignored.warnings, undefined);
    assert.ok(ignored.kind === "object" && !("dta" in ignored.object));
  });

  test("in a patch they are the patch's fault", async () => {
    await using server = await testServer();
    await server.client.create(ConfigMaps, configMap("a"));
    const strict = { fieldValidation: "Strict" } as const;
    await assert.rejects(
      server.client.patch(ConfigMaps, key("a"), { type: "strategic", body: { dta: { b: "2" } } }, strict),
      refused(
        "Invalid",
        ' "" is invalid: patch: Invalid value: "map[dta:map[b:2]]": strict decoding error: unknown field "dta"',
      ),
    );
    await assert.rejects(
      server.client.patch(ConfigMaps, key("a"), { type: "merge", body: { data: { b: 2 } } }),
      refused(
        "Invalid",
        /^ "" is invalid: patch: Invalid value: "\{.*\}": json: cannot unmarshal number into Go struct field/,
      ),
    );
  });
});

test("every answer about a kind on its way out warns of it", async () => {
  await using server = await testServer();
  const warning = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice";
  const request = { resource: EndpointsResource, namespace: "default", user: admin };
  const made = await server.api.dispatch({ ...request, verb: "create", object: { metadata: key("e") } });
  const listed = await server.api.dispatch({ ...request, verb: "list" });
  const other = await server.api.dispatch({ ...request, resource: ConfigMaps, verb: "list" });
  assert.deepEqual([made.warnings, listed.warnings, other.warnings], [[warning], [warning], undefined]);
});

describe("update", () => {
  test("with the version it was read at, once", async () => {
    await using server = await testServer();
    const { client } = server;
    const made = await client.create(ConfigMaps, configMap("a"));
    const second = await client.update(ConfigMaps, { ...made, data: { a: "2" } });
    assert.ok(Number(second.metadata.resourceVersion) > Number(made.metadata.resourceVersion));
    assert.equal(second.metadata.uid, made.metadata.uid);
    await assert.rejects(
      client.update(ConfigMaps, { ...made, data: { a: "3" } }),
      refused(
        "Conflict",
        'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
      ),
    );
  });

  test("without a version it is unconditional, and loses no race", async () => {
    await using server = await testServer();
    const { client } = server;
    await client.create(ConfigMaps, configMap("a"));
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => client.update(ConfigMaps, configMap("a", { a: String(i) }))),
    );
    await client.create(Leases, { metadata: key("l"), spec: {} });
    await assert.rejects(
      client.update(Leases, { metadata: key("l"), spec: {} }),
      refused("Invalid", /metadata\.resourceVersion: Invalid value: 0x0: must be specified for an update$/),
    );
  });

  test("that changes nothing keeps the version, whatever the order of its fields", async () => {
    await using server = await testServer();
    const made = await server.client.create(ConfigMaps, configMap("a", { a: "1", b: "2" }));
    const before = await server.storage.revision();
    const again = await server.client.update(ConfigMaps, { ...made, data: { b: "2", a: "1" } });
    assert.equal(again.metadata.resourceVersion, made.metadata.resourceVersion);
    const patched = await server.client.patch(ConfigMaps, key("a"), {
      type: "merge",
      body: { data: { a: "1", c: null } },
    });
    assert.equal(patched.metadata.resourceVersion, made.metadata.resourceVersion);
    assert.equal(await server.storage.revision(), before);
  });

  test("refusals", async () => {
    await using server = await testServer();
    const { client, api } = server;
    const made = await client.create(ConfigMaps, configMap("a"));
    await assert.rejects(client.update(ConfigMaps, configMap("b")), refused("NotFound"));
    const put = { verb: "update", resource: ConfigMaps, ...key("a"), user: admin } as const;
    await assert.rejects(
      api.dispatch({ ...put, object: configMap("b") }),
      refused("BadRequest", "the name of the object (b) does not match the name on the URL (a)"),
    );
    await assert.rejects(
      api.dispatch({ ...put, object: { metadata: {} } }),
      refused("BadRequest", "name must be provided"),
    );
    await assert.rejects(
      client.update(ConfigMaps, { metadata: { ...key("a"), uid: "other" } }),
      refused(
        "Conflict",
        new RegExp(`Precondition failed: UID in precondition: other, UID in object meta: ${made.metadata.uid}`),
      ),
    );
    await assert.rejects(
      client.patch(ConfigMaps, key("a"), { type: "merge", body: { metadata: { name: "b" } } }),
      refused("BadRequest", "the name of the object (b) does not match the name on the URL (a)"),
    );
  });

  test("generation counts the changes of the wanted state", async () => {
    await using server = await testServer();
    const { client } = server;
    const labels = { app: "web" };
    const template = { metadata: { labels }, spec: { containers: [{ name: "c", image: "i:1" }] } };
    const made = await client.create(Deployments, {
      metadata: key("web"),
      spec: { selector: { matchLabels: labels }, template },
    });
    assert.equal(made.metadata.generation, 1);
    const labelled = await client.patch(Deployments, key("web"), { type: "merge", body: { metadata: { labels } } });
    assert.equal(labelled.metadata.generation, 1);
    const scaled = await client.patch(Deployments, key("web"), { type: "merge", body: { spec: { replicas: 3 } } });
    assert.equal(scaled.metadata.generation, 2);
    const told = await client.update(Deployments, { ...scaled, metadata: { ...scaled.metadata, generation: 9 } });
    assert.equal(told.metadata.generation, 2);
  });
});

describe("patch", () => {
  test("of all three kinds", async () => {
    await using server = await testServer();
    const { client } = server;
    await client.create(
      Pods,
      pod("p", {
        containers: [
          { name: "a", image: "i:1" },
          { name: "b", image: "j:1" },
        ],
      }),
    );
    const body = { spec: { containers: [{ name: "b", image: "j:2" }] } };
    const strategic = await client.patch(Pods, key("p"), { type: "strategic", body });
    assert.deepEqual(
      strategic.spec.containers.map(({ image }) => image),
      ["i:1", "j:2"],
    );
    const operation = { op: "replace", path: "/spec/containers/0/image", value: "i:2" };
    const json = await client.patch(Pods, key("p"), { type: "json", body: [operation] });
    assert.deepEqual(
      json.spec.containers.map(({ image }) => image),
      ["i:2", "j:2"],
    );
    const merge = await client.patch(Pods, key("p"), { type: "merge", body: { metadata: { labels: { a: "b" } } } });
    assert.deepEqual(merge.metadata.labels, { a: "b" });
  });

  test("many at once all take effect", async () => {
    await using server = await testServer();
    await server.client.create(ConfigMaps, configMap("a", {}));
    const one = (i: number) =>
      server.client.patch(ConfigMaps, key("a"), { type: "merge", body: { data: { [`k${i}`]: "x" } } });
    await Promise.all(Array.from({ length: 40 }, (_, i) => one(i)));
    const { data } = await server.client.get(ConfigMaps, key("a"));
    assert.equal(Object.keys(data ?? {}).length, 40);
  });

  test("refusals", async () => {
    await using server = await testServer();
    const { client } = server;
    const made = await client.create(ConfigMaps, configMap("a"));
    const patch = (type: "json" | "merge" | "apply", body: unknown) =>
      client.patch(ConfigMaps, key("a"), { type, body });
    await assert.rejects(patch("apply", {}), refused("UnsupportedMediaType"));
    await assert.rejects(
      patch("json", [{ op: "test", path: "/data/a", value: "2" }]),
      refused("Invalid", "the server rejected our request due to an error in our request"),
    );
    await assert.rejects(patch("json", { op: "add" }), refused("BadRequest", /cannot unmarshal object/));
    await client.update(ConfigMaps, { ...made, data: { a: "2" } });
    const { resourceVersion } = made.metadata;
    await assert.rejects(patch("merge", { metadata: { resourceVersion } }), refused("Conflict"));
    await assert.rejects(patch("json", [{ op: "add", path: "/metadata/uid", value: "u" }]), refused("Conflict"));
    const long = Array.from({ length: 10_001 }, () => ({ op: "test", path: "/data/a", value: "1" }));
    const tooMany = "Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001";
    await assert.rejects(patch("json", long), refused("RequestEntityTooLarge", tooMany));
  });
});

test("a write that meets another one is made anew on what that one left", async () => {
  const inner = openMemoryStorage();
  let rivals = 7;
  const storage: Storage = {
    ...inner,
    async write(write) {
      if (write.expect > 0 && rivals-- > 0) {
        const current = await inner.get(write.key);
        if (current) await inner.write({ key: write.key, value: current.value, expect: current.revision });
        throw new StorageConflict(write.key, await inner.get(write.key));
      }
      return inner.write(write);
    },
  };
  await using server = await testServer({ storage });
  await server.client.create(ConfigMaps, configMap("a"));
  const patched = await server.client.patch(ConfigMaps, key("a"), { type: "merge", body: { data: { b: "2" } } });
  assert.deepEqual(patched.data, { a: "1", b: "2" });
  assert.ok(rivals < 0);
});

test("a storage that fails is an internal error, told without its insides being lost", async () => {
  const inner = openMemoryStorage();
  let broken = false;
  const storage: Storage = {
    ...inner,
    write: (write) => (broken ? Promise.reject(new Error("no space left on device")) : inner.write(write)),
  };
  await using server = await testServer({ storage });
  broken = true;
  await assert.rejects(
    server.client.create(ConfigMaps, configMap("a")),
    refused("InternalError", "Internal error occurred: no space left on device"),
  );
  broken = false;
  await server.client.create(ConfigMaps, configMap("a"));
});

test("what was stored is there after a restart", async () => {
  const storage = openMemoryStorage();
  let made: object;
  {
    await using server = await testServer({ storage });
    made = await server.client.create(Nodes, { metadata: { name: "n" }, status: { capacity: { cpu: "2" } } });
  }
  await using server = await testServer({ storage });
  assert.deepEqual(await server.client.get(Nodes, { name: "n" }), made);
});
