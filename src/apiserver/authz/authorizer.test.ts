import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ConfigMaps,
  Deployments,
  EndpointSlices,
  Events,
  Ingresses,
  Leases,
  Namespaces,
  Nodes,
  Pods,
  Secrets,
  Services,
} from "#api/catalog.ts";
import { createClient } from "#client/client.ts";
import type { ApiRequest, UserInfo } from "#client/transport.ts";
import { pod, refused, testServer } from "../test-server.ts";
import { union } from "./authorizer.ts";

const node: UserInfo = { name: "system:node:n", groups: ["system:nodes", "system:authenticated"] };
const jane: UserInfo = { name: "jane", groups: ["system:authenticated"] };
const internal = (name: string): UserInfo => ({ name: `system:${name}`, groups: ["system:authenticated"] });

test("who nobody allows is refused in Kubernetes' words", async () => {
  await using server = await testServer();
  const { api } = server;
  const ask = (request: Omit<ApiRequest, "user">) => api.dispatch({ ...request, user: jane });
  await assert.rejects(
    ask({ verb: "list", resource: Pods, namespace: "default" }),
    refused(
      "Forbidden",
      'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"',
    ),
  );
  await assert.rejects(
    ask({ verb: "get", resource: Deployments, namespace: "default", name: "web", subresource: "status" }),
    refused(
      "Forbidden",
      'deployments.apps "web" is forbidden: User "jane" cannot get resource "deployments/status" in API group "apps" in the namespace "default"',
    ),
  );
  await assert.rejects(
    ask({ verb: "create", resource: Nodes, object: {} }),
    refused(
      "Forbidden",
      'nodes is forbidden: User "jane" cannot create resource "nodes" in API group "" at the cluster scope',
    ),
  );
  await assert.rejects(
    ask({ verb: "get", resource: Namespaces, name: "x" }),
    refused("Forbidden", /in the namespace "x"$/),
  );
  await assert.rejects(
    api.dispatch({ verb: "list", resource: Pods }),
    refused("Forbidden", /^pods is forbidden: User "system:anonymous" cannot list/),
  );
  await assert.rejects(
    api.authorize({ user: jane, verb: "get", path: "/metrics" }),
    refused("Forbidden", 'forbidden: User "jane" cannot get path "/metrics"'),
  );
});

test("paths that are no secret", async () => {
  await using server = await testServer();
  const anonymous: UserInfo = { name: "system:anonymous", groups: ["system:unauthenticated"] };
  for (const path of ["/healthz", "/livez", "/readyz", "/version"]) {
    await server.api.authorize({ user: anonymous, verb: "get", path });
  }
  for (const path of ["/api", "/apis/apps/v1", "/openapi/v3"]) {
    await server.api.authorize({ user: jane, verb: "get", path });
    await assert.rejects(server.api.authorize({ user: anonymous, verb: "get", path }), refused("Forbidden"));
  }
  await assert.rejects(server.api.authorize({ user: jane, verb: "post", path: "/api" }), refused("Forbidden"));
});

test("the parts of the control plane", async () => {
  await using server = await testServer();
  const scheduler = server.as(internal("kube-scheduler"));
  await scheduler.list(Pods);
  await scheduler.list(Nodes);
  await assert.rejects(
    scheduler.create(ConfigMaps, { metadata: { namespace: "default", name: "a" } }),
    refused("Forbidden"),
  );
  await assert.rejects(scheduler.patch(Nodes, { name: "n" }, { type: "merge", body: {} }), refused("Forbidden"));
  await server
    .as(internal("kube-controller-manager"))
    .create(ConfigMaps, { metadata: { namespace: "default", name: "a" } });
});

test("a node reads what its pods refer to, while they are there, and nothing else", async () => {
  await using server = await testServer();
  const { client } = server;
  const agent = server.as(node);
  const key = (name: string) => ({ namespace: "default", name });
  for (const name of ["mine", "mounted", "pull", "other"]) await client.create(Secrets, { metadata: key(name) });
  await client.create(ConfigMaps, { metadata: key("config") });
  await client.create(Nodes, { metadata: { name: "n" } });
  const spec = {
    containers: [
      {
        name: "c",
        image: "i",
        envFrom: [{ configMapRef: { name: "config" } }],
        env: [{ name: "A", valueFrom: { secretKeyRef: { name: "mine", key: "k" } } }],
      },
    ],
    volumes: [{ name: "v", projected: { sources: [{ secret: { name: "mounted" } }] } }],
    imagePullSecrets: [{ name: "pull" }],
  };
  await client.create(Pods, pod("p", spec));
  await client.create(Pods, pod("elsewhere", { nodeName: "m" }));
  await assert.rejects(
    agent.get(Secrets, key("mine")),
    refused(
      "Forbidden",
      /secrets "mine" is forbidden: User "system:node:n" cannot get resource "secrets" in API group "" in the namespace "default": no relationship found between node 'n' and this object$/,
    ),
  );
  await client.createSub(Pods, key("p"), "binding", { target: { name: "n" } });
  for (const name of ["mine", "mounted", "pull"]) await agent.get(Secrets, key(name));
  await agent.get(ConfigMaps, key("config"));
  await agent.watch(ConfigMaps, { namespace: "default", fieldSelector: "metadata.name=config" });
  await assert.rejects(agent.get(Secrets, key("other")), refused("Forbidden"));
  await assert.rejects(agent.list(Secrets, { namespace: "default" }), refused("Forbidden"));

  assert.deepEqual(
    (await agent.list(Pods, { fieldSelector: "spec.nodeName=n" })).items.map(({ metadata }) => metadata.name),
    ["p"],
  );
  await agent.watch(Pods, { fieldSelector: "spec.nodeName=n" });
  await agent.get(Pods, key("p"));
  await assert.rejects(
    agent.list(Pods),
    refused("Forbidden", /can only list\/watch pods with spec\.nodeName field selector$/),
  );
  await assert.rejects(agent.list(Pods, { fieldSelector: "spec.nodeName=m" }), refused("Forbidden"));
  await assert.rejects(agent.get(Pods, key("elsewhere")), refused("Forbidden"));
  const status = { type: "merge", body: { status: { phase: "Running" } } } as const;
  await agent.patch(Pods, key("p"), status, { subresource: "status" });
  await assert.rejects(agent.patch(Pods, key("elsewhere"), status, { subresource: "status" }), refused("Forbidden"));
  await assert.rejects(agent.patch(Pods, key("p"), { type: "merge", body: {} }), refused("Forbidden"));
  await assert.rejects(agent.delete(Pods, key("elsewhere")), refused("Forbidden"));

  await agent.list(Services);
  await agent.watch(EndpointSlices);
  await agent.get(Nodes, { name: "n" });
  await assert.rejects(
    agent.get(Nodes, { name: "m" }),
    refused("Forbidden", /node can only read its own Node object$/),
  );
  await assert.rejects(agent.list(Leases, { namespace: "kube-node-lease" }), refused("Forbidden"));
  await agent.create(Events, { metadata: key("e"), involvedObject: { kind: "Pod", namespace: "default", name: "p" } });

  await agent.delete(Pods, key("p"), { gracePeriodSeconds: 0 });
  await assert.rejects(agent.get(Secrets, key("mine")), refused("Forbidden"));
});

test("a node's name without its group is nobody", async () => {
  await using server = await testServer();
  await assert.rejects(server.as({ ...node, groups: ["system:authenticated"] }).list(Services), refused("Forbidden"));
});

test("of several, the first that has an opinion decides", async () => {
  const no = { authorize: () => ({ verdict: "deny", reason: "never" }) as const };
  const yes = { authorize: () => ({ verdict: "allow" }) as const };
  const unsure = { authorize: () => ({ verdict: "noOpinion", reason: "unsure" }) as const };
  const ask = async (...authorizers: Parameters<typeof union>[0]) =>
    union(authorizers).authorize({ user: jane, verb: "get", path: "/" });
  assert.deepEqual(await ask(unsure, yes, no), { verdict: "allow" });
  assert.deepEqual(await ask(unsure, no, yes), { verdict: "deny", reason: "unsure, never" });
  assert.deepEqual(await ask(unsure), { verdict: "noOpinion", reason: "unsure" });
});

test("every node shows the certificates of Ingresses, for as long as they are named", async () => {
  await using server = await testServer();
  const { client, api } = server;
  const agent = createClient(api, { user: node });
  const secret = { namespace: "default", name: "tls" };
  await client.create(Secrets, { metadata: secret });
  await assert.rejects(agent.get(Secrets, secret), refused("Forbidden"));
  const defaultBackend = { service: { name: "web", port: { number: 80 } } };
  const metadata = { namespace: "default", name: "site" };
  await client.create(Ingresses, { metadata, spec: { defaultBackend, tls: [{ secretName: "tls" }] } });
  await agent.get(Secrets, secret);
  await agent.list(Ingresses);
  await assert.rejects(agent.delete(Ingresses, metadata), refused("Forbidden"));
  await assert.rejects(agent.list(Secrets, { namespace: "default" }), refused("Forbidden"));
  await client.delete(Ingresses, metadata);
  await assert.rejects(agent.get(Secrets, secret), refused("Forbidden"));
});
