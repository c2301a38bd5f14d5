/** Who may talk to a kubelet, what it answers, and what the API server makes of it. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import type { Node } from "#api/core/v1/node.ts";
import { type Pod, Pods } from "#api/core/v1/pod.ts";
import type { KnownRequest } from "#apiserver/http/exchange.ts";
import { type ConnectInfo, createKubeletProxy, type KubeletProxy } from "#apiserver/http/kubelet-proxy.ts";
import { issueCertificate, type KeyPair } from "#cluster/certificates.ts";
import { systemClock } from "#kit/clock.ts";
import { silentLogger } from "#kit/log.ts";
import { type KubeletServer, startKubeletServer } from "#kubelet/server.ts";

const times = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000 };
const authority = () => ({ ...issueCertificate({ ...times, commonName: "ca", usage: "ca" }), commonName: "ca" });
const ca = authority();
const client = (commonName: string, organizations: string[] = [], by = ca) =>
  issueCertificate({ ...times, commonName, organizations, usage: "client" }, by);
const apiServer = client("kube-apiserver-kubelet-client");

const metadata = { name: "web", namespace: "default", uid: "u", resourceVersion: "1", creationTimestamp: "" };
const pod: Pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata,
  spec: { nodeName: "one", containers: [{ name: "app" }] },
  status: { podIP: "127.0.0.1" },
};
const unused = () => Promise.reject(new Error("must not be called"));
let kubelet: KubeletServer;
let proxy: KubeletProxy;
let kubeletPort: number;

before(async () => {
  kubelet = await startKubeletServer({
    port: 0,
    host: "127.0.0.1",
    ...issueCertificate({ ...times, commonName: "one", names: ["127.0.0.1"], usage: "server" }, ca),
    clientCa: ca.cert,
    runtime: { exec: unused, attach: unused, portForward: unused },
    clock: systemClock,
    log: silentLogger,
    metrics: { "/metrics": async () => "up 1\n" },
    summary: async () => ({ node: { nodeName: "one" } }),
    pods: {
      all: () => [pod],
      find: (_namespace, name) =>
        name === "web"
          ? {
              pod,
              sandboxId: undefined,
              containerId: () => undefined,
              logPath: () => undefined,
              isRunning: () => false,
            }
          : undefined,
    },
  });
  kubeletPort = kubelet.port;
  const node = (): Node => ({
    apiVersion: "v1",
    kind: "Node",
    metadata,
    spec: {},
    status: {
      addresses: [{ type: "InternalIP", address: "127.0.0.1" }],
      daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } },
    },
  });
  proxy = createKubeletProxy({
    podAndNode: async () => ({ pod, node: node() }),
    node: async () => node(),
    serviceEndpoint: unused,
    clientCert: apiServer.cert,
    clientKey: apiServer.key,
    kubeletCa: ca.cert,
  });
});
after(async () => {
  proxy.close();
  await kubelet.close();
});

async function ask(path: string, as?: KeyPair): Promise<{ code: number; body: string }> {
  const options = { host: "127.0.0.1", port: kubelet.port, path, ca: ca.cert, agent: false, ...as };
  const [response] = await once(request(options).end(), "response");
  return { code: response.statusCode, body: await text(response) };
}

test("only the API server and administrators come in", async () => {
  assert.equal((await ask("/healthz")).code, 401);
  assert.equal((await ask("/healthz", client("kube-apiserver-kubelet-client", [], authority()))).code, 401);
  assert.deepEqual(await ask("/metrics", client("mallory", ["system:nodes"])), {
    code: 403,
    body: "Forbidden (user=mallory, verb=get, resource=nodes, subresource=metrics)",
  });
  assert.deepEqual(await ask("/healthz", apiServer), { code: 200, body: "ok" });
  assert.equal((await ask("/healthz", client("admin", ["a", "system:masters"]))).code, 200);
});

test("what it answers", async () => {
  const get = (path: string) => ask(path, apiServer);
  assert.equal(JSON.parse((await get("/pods")).body).items[0].metadata.name, "web");
  assert.equal((await get("/metrics")).body, "up 1\n");
  assert.equal(JSON.parse((await get("/stats/summary")).body).node.nodeName, "one");
  assert.equal((await get("/nothing")).code, 404);
  assert.deepEqual(await get("/containerLogs/default/none/app"), { code: 404, body: 'pod "none" does not exist\n' });
  assert.deepEqual(await get("/containerLogs/default/web/x"), {
    code: 404,
    body: 'container "x" not found in pod "web"\n',
  });
  assert.equal((await get("/containerLogs/default/web/app?tailLines=x")).code, 422);
  assert.deepEqual(await get("/exec/default/web/app?output=1"), { code: 500, body: 'container not found ("app")' });
  assert.equal((await get("/exec/default/web/other-uid/app?output=1")).code, 404);
  assert.equal((await get("/exec/%zz/a/b")).code, 400);
});

const info = (subresource: ConnectInfo["subresource"], name = "web", rest = ""): ConnectInfo => ({
  kind: "connect",
  verb: "get",
  resource: Pods,
  namespace: "default",
  name,
  subresource,
  rest,
});
const known = (query = "", more: Partial<KnownRequest> = {}): KnownRequest => ({
  method: "GET",
  path: "/",
  query: new URLSearchParams(query),
  headers: {},
  body: async () => Buffer.alloc(0),
  signal: new AbortController().signal,
  user: { name: "admin", groups: [] },
  ...more,
});

test("a kubelet's refusal becomes a Status", async () => {
  await assert.rejects(proxy.connections(known(), info("log")), {
    code: 400,
    reason: "BadRequest",
    message: 'container "app" in pod "web" is not available',
  });
  await assert.rejects(proxy.connections(known("stdout=true"), info("exec")), { message: "Upgrade request required" });
});

test("a kubelet that is not there is reported as a dial that failed", async () => {
  const right = kubeletPort;
  kubeletPort = 1;
  try {
    await assert.rejects(proxy.connections(known(), info("log")), {
      code: 500,
      message:
        'Get "https://127.0.0.1:1/containerLogs/default/web/app": dial tcp 127.0.0.1:1: connect: connection refused',
    });
    const socket = new PassThrough();
    const upgrade = { method: "POST", headers: { upgrade: "SPDY/3.1" }, rawHeaders: [] } as never;
    await proxy.upgrade(known("stdout=1&command=ls"), info("exec"), upgrade, { socket, head: Buffer.alloc(0) });
    const answer = await text(socket);
    assert.match(answer, /^HTTP\/1\.1 500 Internal Server Error\r\n/);
    assert.match(answer, /"message":"error dialing backend: dial tcp 127\.0\.0\.1:1: connect: connection refused"/);
  } finally {
    kubeletPort = right;
  }
});

test("a pod's own server is reached, without the caller's credentials", async () => {
  const inPod = createServer(async (incoming, outgoing) => {
    const seen = {
      url: incoming.url,
      method: incoming.method,
      auth: incoming.headers.authorization,
      body: await text(incoming),
    };
    outgoing.writeHead(418, { "X-Pod": "yes", "Content-Type": "application/json" }).end(JSON.stringify(seen));
  }).listen(0, "127.0.0.1");
  await once(inPod, "listening");
  const { port } = inPod.address() as AddressInfo;
  const asked = known("a=1", {
    method: "POST",
    headers: { authorization: "Bearer secret", "content-type": "text/plain" },
    body: async () => Buffer.from("hello"),
  });
  const reply = await proxy.connections(asked, info("proxy", `web:${port}`, "/some path"));
  assert.equal(reply.status, 418);
  assert.equal(reply.headers["x-pod"], "yes");
  assert.deepEqual(JSON.parse(await text(reply.body as AsyncIterable<Buffer>)), {
    url: "/some%20path?a=1",
    method: "POST",
    body: "hello",
  });
  inPod.close();
  inPod.closeAllConnections();
});
