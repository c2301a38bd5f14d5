import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import type { Container } from "#api/core/v1/container.ts";
import type { Probe } from "#api/core/v1/probe.ts";
import { realProber } from "./prober.ts";

const server = createServer((request, response) => {
  if (request.url === "/slow") return;
  response.writeHead(request.url === "/sick" ? 503 : request.headers["x-ask"] === "me" ? 302 : 200).end();
});
let port = 0;
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

const prober = realProber({
  execSync: async (_id, [command]) => ({
    exitCode: command === "true" ? 0 : 1,
    stdout: Buffer.from("out "),
    stderr: Buffer.from("err"),
  }),
});
const ask = (probe: Partial<Probe>) =>
  prober(probe as Probe, {
    containerId: "c",
    spec: { name: "app", ports: [{ name: "web", containerPort: port }] } as Container,
    host: "127.0.0.1",
  });
const message = async (probe: Partial<Probe>) => (await ask(probe)).message;

describe("asking containers", () => {
  test("HTTP", async () => {
    assert.equal((await ask({ httpGet: { port } })).ok, true);
    assert.equal(
      (await ask({ httpGet: { port: "web", path: "/", httpHeaders: [{ name: "X-Ask", value: "me" }] } })).ok,
      true,
    );
    assert.equal(await message({ httpGet: { port, path: "/sick" } }), "HTTP probe failed with statuscode: 503");
    assert.equal(
      await message({ httpGet: { port: 1, path: "/x" } }),
      'Get "http://127.0.0.1:1/x": dial tcp 127.0.0.1:1: connect: connection refused',
    );
    assert.equal(
      await message({ httpGet: { port, path: "/slow" }, timeoutSeconds: 0.05 }),
      `Get "http://127.0.0.1:${port}/slow": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
    );
  });

  test("TCP", async () => {
    assert.equal((await ask({ tcpSocket: { port } })).ok, true);
    assert.equal(await message({ tcpSocket: { port: 1 } }), "dial tcp 127.0.0.1:1: connect: connection refused");
  });

  test("a command inside", async () => {
    assert.equal((await ask({ exec: { command: ["true"] } })).ok, true);
    assert.deepEqual(await ask({ exec: { command: ["false"] } }), { ok: false, message: "out err" });
  });
});
