/** What HTTP itself owes to clients: two versions on one port, compression, limits, patience with bad peers, a good end. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import { request } from "node:https";
import { buffer } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { gunzipSync } from "node:zlib";
import { ConfigMaps } from "#api/catalog.ts";
import { admin, startTestServer, type TestServer } from "../support/http-server.ts";

let server: TestServer;
before(async () => {
  server = await startTestServer();
  const big = { metadata: { name: "big" }, data: { x: "x".repeat(200_000) } };
  await server.api.dispatch({ verb: "create", resource: ConfigMaps, namespace: "default", object: big, user: admin });
});
after(() => server.stop());

interface Answer {
  readonly code: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

const tls = (of: TestServer) => ({ host: "127.0.0.1", port: of.port, ca: of.pki.ca.cert, ...of.pki.admin });

function get(path: string, headers: Record<string, string> = {}, method = "GET", of = server): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...tls(of), agent: false, path, method, headers }, async (answer) => {
      resolve({ code: answer.statusCode ?? 0, headers: answer.headers, body: await buffer(answer) });
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

async function rawSocket(of = server): Promise<TLSSocket> {
  const socket = connectTls({ ...tls(of), ALPNProtocols: ["http/1.1"] });
  socket.on("error", () => {}); // tests look at what was received
  await once(socket, "secureConnect");
  return socket;
}

test("HTTP/2 and HTTP/1.1 answer alike on one port", async () => {
  const session = connectHttp2(server.url, { ca: server.pki.ca.cert, ...server.pki.admin });
  const stream = session.request({ ":path": "/api/v1/namespaces/default" });
  const [headers] = (await once(stream, "response")) as [IncomingHttpHeaders];
  const body = await buffer(stream);
  session.close();
  const { code, body: other } = await get("/api/v1/namespaces/default");
  assert.deepEqual([headers[":status"], code], [200, 200]);
  assert.deepEqual(body, other);
});

test("an HTTP/2 watch and requests share one connection", async () => {
  const session = connectHttp2(server.url, { ca: server.pki.ca.cert, ...server.pki.admin });
  const watch = session.request({ ":path": "/api/v1/configmaps?watch=1&fieldSelector=metadata.name%3Dh2" });
  await once(watch, "response");
  const made = session.request({ ":path": "/api/v1/namespaces/default/configmaps", ":method": "POST" });
  made.end('{"metadata":{"name":"h2"}}');
  const [line] = (await once(watch, "data")) as [Buffer];
  assert.match(line.toString(), /^\{"type":"ADDED","object":\{"kind":"ConfigMap".*\}\}\n$/);
  session.destroy();
});

test("large answers are compressed for who can read that, small ones and watches never", async () => {
  const path = "/api/v1/namespaces/default/configmaps/big";
  const plain = await get(path);
  const zipped = await get(path, { "accept-encoding": "gzip" });
  assert.equal(zipped.headers["content-encoding"], "gzip");
  assert.ok(zipped.body.length < plain.body.length / 10);
  assert.deepEqual(gunzipSync(zipped.body), plain.body);
  assert.equal((await get("/version", { "accept-encoding": "gzip" })).headers["content-encoding"], undefined);
});

test("every answer bears an audit id, the caller's own if there is one", async () => {
  assert.match(String((await get("/nothing")).headers["audit-id"]), /^[0-9a-f-]{36}$/);
  const { headers } = await get("/version", { "audit-id": "mine" });
  assert.equal(headers["audit-id"], "mine");
  assert.ok(headers["x-kubernetes-pf-flowschema-uid"]);
});

test("HEAD is GET without a body, for paths alone", async () => {
  const { code, body, headers } = await get("/healthz", {}, "HEAD");
  assert.deepEqual([code, body.length, headers["content-length"]], [200, 0, "2"]);
});

test("health: verbose, excluded, one by one, and bad when a check is", async () => {
  let well = false;
  const check = { name: "storage", check: () => (well ? undefined : Promise.reject(new Error("gone"))) };
  await using other = await startTestServer({ health: { live: [], ready: [check] } });
  const text = async (path: string) => {
    const { code, body } = await get(path, {}, "GET", other);
    return `${code} ${body}`;
  };
  assert.equal(await text("/readyz"), "500 [+]ping ok\n[-]storage failed: reason withheld\nreadyz check failed\n");
  assert.equal(await text("/livez"), "200 ok");
  assert.equal(await text("/readyz?exclude=storage"), "200 ok");
  assert.equal(await text("/readyz/storage"), "500 internal server error: reason withheld\n");
  well = true;
  assert.equal(await text("/readyz?verbose"), "200 [+]ping ok\n[+]storage ok\nreadyz check passed\n");
});

test("too many at a time are sent away for a second", async () => {
  await using other = await startTestServer({ limits: { reading: 0, mutating: 0 } });
  const { code, headers, body } = await get("/api/v1/pods", {}, "GET", other);
  assert.deepEqual([code, headers["retry-after"]], [429, "1"]);
  assert.match(body.toString(), /"reason":"TooManyRequests"/);
});

test("tables: whole, and in a watch with the columns once", async () => {
  const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
  const { body } = await get("/api/v1/namespaces", { accept });
  const table = JSON.parse(body.toString());
  assert.deepEqual(
    table.columnDefinitions.map((c: { name: string }) => c.name),
    ["Name", "Status", "Age"],
  );
  assert.equal(table.rows[0].object.kind, "PartialObjectMetadata");
  const { body: lines } = await get("/api/v1/namespaces?watch=1&timeoutSeconds=1", { accept });
  const events = lines
    .toString()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.ok(events.length >= 2);
  assert.deepEqual(
    events.map((e) => e.object.columnDefinitions !== null),
    events.map((_, i) => i === 0),
  );
});

test("metadata alone", async () => {
  const accept = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json";
  const { body } = await get("/api/v1/namespaces/default/configmaps", { accept });
  const list = JSON.parse(body.toString());
  assert.equal(list.kind, "PartialObjectMetadataList");
  assert.deepEqual(Object.keys(list.items[0]), ["kind", "apiVersion", "metadata"]);
});

test("aggregated discovery is told once, and as unchanged from then on", async () => {
  const type = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
  const first = await get("/apis", { accept: `${type},application/json` });
  assert.equal(first.headers["content-type"], type);
  const second = await get("/apis", { accept: type, "if-none-match": String(first.headers.etag) });
  assert.deepEqual([second.code, second.body.length], [304, 0]);
  assert.equal(JSON.parse((await get("/apis")).body.toString()).kind, "APIGroupList");
});

test("OpenAPI v3 documents are found by the address in the index", async () => {
  const index = JSON.parse((await get("/openapi/v3")).body.toString());
  const { headers, body } = await get(index.paths["apis/apps/v1"].serverRelativeURL);
  assert.match(String(headers["cache-control"]), /immutable/);
  const document = JSON.parse(body.toString());
  const patch = document.paths["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"].patch;
  assert.deepEqual(patch["x-kubernetes-group-version-kind"], { group: "apps", version: "v1", kind: "Deployment" });
  const references = [...body.toString().matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(
    ([, name]) => name as string,
  );
  for (const name of new Set(references)) assert.ok(document.components.schemas[name], name);
});

test("a body that breaks off, a peer that speaks nonsense and one that hangs up leave the server well", async () => {
  const broken = await rawSocket();
  broken.write("POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{");
  broken.end();
  const nonsense = await rawSocket();
  nonsense.write("\x00\x01\x02 nonsense\r\n\r\n");
  const [said] = (await once(nonsense, "data")) as [Buffer];
  assert.match(said.toString(), /^HTTP\/1.1 400 /);
  const gone = await rawSocket();
  gone.write("GET /api/v1/pods?watch=1 HTTP/1.1\r\nHost: x\r\n\r\n");
  await once(gone, "data");
  gone.destroy();
  broken.destroy();
  nonsense.destroy();
  assert.equal((await get("/readyz")).code, 200);
});

test("a reader that does not read holds up nobody", async () => {
  const slow = await rawSocket();
  slow.pause();
  slow.write("GET /api/v1/configmaps?watch=1 HTTP/1.1\r\nHost: x\r\n\r\n");
  const write = (n: number) =>
    server.api.dispatch({
      verb: "patch",
      resource: ConfigMaps,
      namespace: "default",
      name: "big",
      patch: { type: "merge", body: { data: { n: String(n) } } },
      user: admin,
    });
  for (let n = 0; n < 60; n++) await write(n); // 12 MB, more than all buffers on the way
  assert.equal((await get("/readyz")).code, 200);
  slow.destroy();
});

test("when the server stops, watches end in good order", async () => {
  const other = await startTestServer();
  const watch = get("/api/v1/namespaces?watch=1", {}, "GET", other);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const start = performance.now();
  await other.stop();
  assert.ok(performance.now() - start < 2000);
  const { code, body } = await watch;
  assert.equal(code, 200);
  assert.match(body.toString(), /"type":"ADDED"/);
  await assert.rejects(get("/version", {}, "GET", other), { code: "ECONNREFUSED" });
});

test("what is under way is counted", async () => {
  const watch = await rawSocket();
  watch.write("GET /api/v1/secrets?watch=1 HTTP/1.1\r\nHost: x\r\n\r\n");
  await once(watch, "data");
  const running = async () => {
    const { body } = await get("/metrics");
    return /^apiserver_longrunning_requests\{verb="WATCH",[^}]*resource="secrets"[^}]*\} (\d+)$/m.exec(
      body.toString(),
    )?.[1];
  };
  assert.equal(await running(), "1");
  watch.destroy();
  for (let tries = 0; (await running()) !== "0"; tries++) assert.ok(tries < 50, "the watch is still counted");
});
