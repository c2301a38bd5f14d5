import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, request, type Server } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { connect as connectTls, createSecureContext } from "node:tls";
import { WebSocket, WebSocketServer } from "ws";
import { createLogger } from "#kit/log.ts";
import type { Target } from "./endpoints.plan.ts";
import { createProxy, type ProxyOptions } from "./proxy.ts";

const host = "127.0.0.1";
const log = createLogger({ level: "silent", name: "test" });

async function service(t: TestContext, handler: RequestListener): Promise<Target & { readonly server: Server }> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, host, () => resolve()));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { host, port: (server.address() as AddressInfo).port, server };
}

/** A proxy that leads all to these; resolves with its port. */
async function proxyTo(
  t: TestContext,
  targets: readonly Target[] | undefined,
  rest: Partial<ProxyOptions> = {},
): Promise<number> {
  const proxy = createProxy({ route: (_, path) => targets && { targets, path }, log, ...rest });
  t.after(() => proxy.close());
  return proxy.listenHttp(host, 0);
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

async function ask(
  port: number,
  options: { method?: string; path?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const { body, ...rest } = options;
  const sent = request({ host, port, agent: false, ...rest });
  sent.end(body);
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of answer.setEncoding("utf8")) text += chunk;
  return { status: answer.statusCode, headers: answer.headers, body: text };
}

async function deadTarget(): Promise<Target> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, host, () => resolve()));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return { host, port };
}

test("a request goes on with who sent it; what the client claims of that is not believed", async (t) => {
  const target = await service(t, (request, response) =>
    response.end(JSON.stringify({ url: request.url, ...request.headers })),
  );
  const port = await proxyTo(t, [target]);
  const headers = {
    host: "shop.example:8080",
    "x-forwarded-for": "6.6.6.6",
    connection: "close, x-hop",
    "x-hop": "1",
    "x-own": "2",
  };
  const seen = JSON.parse((await ask(port, { path: "/a?b=c", headers })).body);
  assert.equal(seen.url, "/a?b=c");
  assert.equal(seen.host, "shop.example:8080");
  assert.equal(seen["x-forwarded-for"], "127.0.0.1");
  assert.equal(seen["x-forwarded-proto"], "http");
  assert.equal(seen["x-forwarded-host"], "shop.example:8080");
  assert.equal(seen["x-own"], "2");
  assert.equal(seen["x-hop"], undefined);
});

test("bodies pass in both directions, whether their length is known or not", async (t) => {
  const target = await service(t, (request, response) => void request.pipe(response));
  const port = await proxyTo(t, [target]);
  const body = "x".repeat(300_000);
  assert.equal((await ask(port, { method: "POST", body })).body, body);
  assert.equal(
    (await ask(port, { method: "PUT", body, headers: { "content-length": String(body.length) } })).body,
    body,
  );
});

test("no rule is 404, nobody ready 503, nobody there 502, no answer 504", async (t) => {
  const silent = await service(t, () => {});
  const dead = await deadTarget();
  const status = async (targets: Target[] | undefined, rest = {}) =>
    (await ask(await proxyTo(t, targets, rest))).status;
  assert.equal(await status(undefined), 404);
  assert.equal(await status([]), 503);
  assert.equal(await status([dead]), 502);
  assert.equal(await status([silent], { answerTimeoutMs: 50 }), 504);
});

test("what could not be sent goes to the next endpoint, with its body", async (t) => {
  const dead = await deadTarget();
  const target = await service(t, (request, response) => void request.pipe(response));
  const port = await proxyTo(t, [dead, target]);
  assert.equal((await ask(port, { method: "POST", body: "kept" })).body, "kept");
});

test("what was sent is never sent again: the client is told", async (t) => {
  let first = 0;
  let second = 0;
  const breaking = await service(t, (request) => {
    first++;
    request.socket.destroy();
  });
  const other = await service(t, (_, response) => {
    second++;
    response.end();
  });
  const port = await proxyTo(t, [breaking, other]);
  assert.equal((await ask(port, { method: "POST", body: "once" })).status, 502);
  assert.equal((await ask(port)).status, 502);
  assert.deepEqual([first, second], [2, 0]);
});

test("connections are kept, and one that the Service has closed meanwhile fails nobody", async (t) => {
  let connections = 0;
  const target = await service(t, (_, response) => response.end("here"));
  target.server.on("connection", () => connections++);
  const port = await proxyTo(t, [target]);
  for (let i = 0; i < 3; i++) assert.equal((await ask(port)).body, "here");
  assert.equal(connections, 1);
  target.server.closeIdleConnections();
  assert.equal((await ask(port)).body, "here");
});

test("a stream arrives as it is written, and ends at the Service when the client leaves", async (t) => {
  let left: () => void = () => {};
  const gone = new Promise<void>((resolve) => {
    left = resolve;
  });
  const target = await service(t, (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("data: 1\n\n");
    response.on("close", () => left());
  });
  const sent = request({ host, port: await proxyTo(t, [target]), agent: false }).end();
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  const [chunk] = (await once(answer, "data")) as [Buffer];
  assert.equal(chunk.toString(), "data: 1\n\n");
  answer.on("error", () => {});
  sent.destroy();
  await gone;
});

test("a client that does not read holds the Service back", async (t) => {
  let written = 0;
  const target = await service(t, (_, response) => {
    const chunk = Buffer.alloc(64 << 10);
    const more = () => {
      let room = true;
      while (room && written < 256 << 20) {
        room = response.write(chunk);
        written += chunk.length;
      }
      if (!response.destroyed) response.once("drain", more);
    };
    response.on("close", () => response.off("drain", more));
    more();
  });
  const socket = connect({ host, port: await proxyTo(t, [target]) });
  socket.on("error", () => {});
  socket.pause();
  socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  let before = -1;
  for (let i = 0; i < 50 && (written === 0 || before !== written); i++) {
    before = written;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.ok(written > 0 && written < 64 << 20, `${written} bytes`);
  socket.destroy();
});

test("an answer that breaks off does not look complete", async (t) => {
  const target = await service(t, (_, response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("half", () => response.destroy());
  });
  await assert.rejects(ask(await proxyTo(t, [target])), /aborted|ECONNRESET/);
});

test("WebSockets pass, with what both ends say", async (t) => {
  const target = await service(t, (_, response) => response.end());
  const sockets = new WebSocketServer({ server: target.server });
  t.after(() => sockets.close());
  sockets.on("connection", (socket, request) => socket.on("message", (data) => socket.send(`${request.url} ${data}`)));
  const port = await proxyTo(t, [await deadTarget(), target]);
  const client = new WebSocket(`ws://${host}:${port}/chat`);
  await once(client, "open");
  client.send("hello");
  const [message] = await once(client, "message");
  assert.equal(String(message), "/chat hello");
  client.close();
  await once(client, "close");
});

test("who will not upgrade answers as usual", async (t) => {
  const target = await service(t, (_, response) => response.writeHead(426).end("no"));
  const client = new WebSocket(`ws://${host}:${await proxyTo(t, [target])}`);
  const [, answer] = (await once(client, "unexpected-response")) as [unknown, IncomingMessage];
  assert.equal(answer.statusCode, 426);
  answer.resume();
});

function certificate(folder: string, name: string): { cert: string; key: string } {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
  const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
  execFileSync(
    "openssl",
    ["req", "-x509", "-nodes", "-days", "1", ...curve, "-keyout", key, "-out", cert, ...subject],
    { stdio: "ignore" },
  );
  return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
}

test("the certificate goes by the name that the client asks for, and a new one counts at once", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "minik8s-tls-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const [shop, other, fallback] = ["shop.example", "other.example", "fallback"].map((name) =>
    certificate(folder, name),
  ) as [{ cert: string; key: string }, { cert: string; key: string }, { cert: string; key: string }];
  let current = shop;
  const target = await service(t, (request, response) => response.end(String(request.headers["x-forwarded-proto"])));
  const proxy = createProxy({ route: (_, path) => ({ targets: [target], path }), log });
  t.after(() => proxy.close());
  const context = (name: string) => (name === "shop.example" ? createSecureContext(current) : undefined);
  const port = await proxy.listenHttps(host, 0, { context, fallback });
  const shown = async (servername: string) => {
    const socket = connectTls({ host, port, servername, rejectUnauthorized: false });
    await once(socket, "secureConnect");
    const { subject } = socket.getPeerCertificate();
    socket.write(`GET / HTTP/1.1\r\nHost: ${servername}\r\nConnection: close\r\n\r\n`);
    let text = "";
    for await (const chunk of socket.setEncoding("utf8")) text += chunk;
    return `${subject.CN} ${text.includes("https")}`;
  };
  assert.equal(await shown("shop.example"), "shop.example true");
  assert.equal(await shown("unknown.example"), "fallback true");
  current = other;
  assert.equal(await shown("shop.example"), "other.example true");
});
