import assert from "node:assert/strict";
import { test } from "node:test";
import type { Deployment } from "#api/apps/v1/deployment.ts";
import type { Scale } from "#api/autoscaling/v1/scale.ts";
import { Deployments, Nodes, Pods } from "#api/catalog.ts";
import type { Draft } from "#api/meta/object-meta.ts";
import { admin, pod, refused, testServer } from "./test-server.ts";

const key = { namespace: "default", name: "web" };
const labels = { app: "web" };
const web: Draft<Deployment> = {
  metadata: key,
  spec: {
    replicas: 2,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "i:1" }] } },
  },
};

test("a main write does not touch the status, a status write nothing else", async () => {
  await using server = await testServer();
  const { client } = server;
  const made = await client.create(Deployments, { ...web, status: { replicas: 9 } });
  assert.equal(made.status?.replicas, undefined, "a new object starts without the status that the client thought of");

  const reported = await client.updateStatus(Deployments, {
    ...made,
    metadata: { ...made.metadata, labels: { sneaked: "in" }, finalizers: ["a/b"] },
    spec: { ...made.spec, replicas: 50 },
    status: { replicas: 2, observedGeneration: 1 },
  });
  assert.deepEqual([reported.spec.replicas, reported.status?.replicas], [2, 2]);
  assert.deepEqual([reported.metadata.labels, reported.metadata.finalizers], [undefined, undefined]);
  assert.equal(reported.metadata.generation, 1);

  const scaled = await client.update(Deployments, { ...reported, spec: { ...reported.spec, replicas: 3 }, status: {} });
  assert.deepEqual([scaled.spec.replicas, scaled.status?.replicas, scaled.metadata.generation], [3, 2, 2]);

  const status = { type: "merge", body: { spec: { replicas: 7 }, status: { replicas: 3 } } } as const;
  const patched = await client.patch(Deployments, key, status, { subresource: "status" });
  assert.deepEqual([patched.spec.replicas, patched.status?.replicas], [3, 3]);
});

test("a status write is refused when it is stale, and never brings an object back", async () => {
  await using server = await testServer();
  const { client } = server;
  const made = await client.create(Deployments, web);
  await client.patch(Deployments, key, { type: "merge", body: { spec: { replicas: 1 } } });
  await assert.rejects(client.updateStatus(Deployments, { ...made, status: { replicas: 1 } }), refused("Conflict"));
  await client.delete(Deployments, key);
  await assert.rejects(client.updateStatus(Deployments, { ...made, status: { replicas: 1 } }), refused("NotFound"));
  const { resourceVersion: _, ...metadata } = made.metadata;
  await assert.rejects(client.updateStatus(Deployments, { ...made, metadata }), refused("NotFound"));
  const again = await client.create(Deployments, web);
  assert.notEqual(again.metadata.uid, made.metadata.uid);
  await assert.rejects(
    client.updateStatus(Deployments, { ...made, metadata, status: { replicas: 1 } }),
    refused("Conflict", /UID in precondition/),
    "one of the same name is another object",
  );
});

test("a status that says the same again is no write", async () => {
  await using server = await testServer();
  const made = await server.client.create(Deployments, web);
  const first = await server.client.updateStatus(Deployments, { ...made, status: { replicas: 2 } });
  const second = await server.client.updateStatus(Deployments, { ...first, status: { replicas: 2 } });
  assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
});

test("a node brings its status with it, and may report labels with it", async () => {
  await using server = await testServer();
  const { client } = server;
  const made = await client.create(Nodes, { metadata: { name: "n" }, status: { capacity: { cpu: "2" } } });
  assert.deepEqual(made.status?.capacity, { cpu: "2" });
  const body = { metadata: { labels: { zone: "a" } }, status: { capacity: { cpu: "4" } } };
  const patched = await client.patch(Nodes, { name: "n" }, { type: "strategic", body }, { subresource: "status" });
  assert.deepEqual([patched.metadata.labels, patched.status?.capacity], [{ zone: "a" }, { cpu: "4" }]);
});

test("conditions are merged by their type", async () => {
  await using server = await testServer();
  const { client } = server;
  await client.create(Pods, pod("p"));
  const report = (type: string, status: string) =>
    client.patch(
      Pods,
      { namespace: "default", name: "p" },
      { type: "strategic", body: { status: { conditions: [{ type, status }] } } },
      { subresource: "status" },
    );
  await report("Ready", "False");
  await report("Initialized", "True");
  const { status } = await report("Ready", "True");
  const shown = status?.conditions?.map((condition) => `${condition.type}=${condition.status}`);
  assert.deepEqual(shown?.toSorted(), ["Initialized=True", "Ready=True"]);
});

test("scale shows and sets the number of pods", async () => {
  await using server = await testServer();
  const { api, client } = server;
  await client.create(Deployments, web);
  const scale = { resource: Deployments, ...key, subresource: "scale", user: admin } as const;
  const read = async () => {
    const response = await api.dispatch({ ...scale, verb: "get" });
    return (response.kind === "object" && response.object) as Scale;
  };
  const seen = await read();
  assert.deepEqual([seen.kind, seen.spec.replicas, seen.status?.selector], ["Scale", 2, "app=web"]);
  await api.dispatch({ ...scale, verb: "update", object: { ...seen, spec: { replicas: 5 } } });
  const { spec, metadata } = await client.get(Deployments, key);
  assert.deepEqual([spec.replicas, metadata.generation], [5, 2]);
  await assert.rejects(
    api.dispatch({ ...scale, verb: "update", object: { ...seen, spec: { replicas: 6 } } }),
    refused("Conflict"),
  );
  await api.dispatch({ ...scale, verb: "patch", patch: { type: "merge", body: { spec: { replicas: 1 } } } });
  assert.equal((await read()).spec.replicas, 1);
  await assert.rejects(
    api.dispatch({ ...scale, verb: "patch", patch: { type: "merge", body: { spec: { replicas: -1 } } } }),
    refused(
      "Invalid",
      'Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    ),
  );
});

test("a binding gives a pod to a node, once", async () => {
  await using server = await testServer();
  const { client } = server;
  const { metadata } = await client.create(Pods, pod("p"));
  const bind = (node: string, uid = metadata.uid) =>
    client.createSub(Pods, { namespace: "default", name: "p" }, "binding", {
      metadata: { uid },
      target: { kind: "Node", name: node },
    });
  await assert.rejects(bind("n", "other"), refused("Conflict"));
  await bind("n");
  const bound = await client.get(Pods, { namespace: "default", name: "p" });
  assert.equal(bound.spec.nodeName, "n");
  assert.equal(bound.metadata.generation, 1);
  const scheduled = bound.status?.conditions?.find(({ type }) => type === "PodScheduled");
  assert.equal(scheduled?.status, "True");
  await assert.rejects(
    bind("m"),
    refused("Conflict", 'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n"'),
  );
  await assert.rejects(
    client.createSub(Pods, { namespace: "default", name: "p" }, "binding", { target: {} }),
    refused("Invalid", 'Binding "p" is invalid: target.name: Required value'),
  );
});

test("a subresource that a kind does not have is not found, a verb it does not know not allowed", async () => {
  await using server = await testServer();
  await server.client.create(Pods, pod("p"));
  const request = { resource: Pods, namespace: "default", name: "p", user: admin } as const;
  await assert.rejects(server.api.dispatch({ ...request, verb: "get", subresource: "scale" }), refused("NotFound"));
  await assert.rejects(
    server.api.dispatch({ ...request, verb: "get", subresource: "binding" }),
    refused("MethodNotAllowed"),
  );
});
