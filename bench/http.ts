/**
 * What a request over HTTPS costs: one JSON line a figure, beside a bare Node server that sends bytes of the same size.
 * The servers run in a process of their own, so that its CPU time is theirs alone. Run: node bench/http.ts
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { ConfigMaps } from "#api/catalog.ts";
import { httpConnection } from "#client/http-connection.ts";
import { admin, startTestServer } from "../test/support/http-server.ts";

const count = 1000;
const path = "/api/v1/namespaces/default/configmaps";

if (process.argv[2] === "serve") await serve();
else await measure();

interface Ready {
  readonly url: string;
  readonly bareUrl: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

async function serve(): Promise<void> {
  const server = await startTestServer();
  for (let i = 0; i < count; i++) {
    const object = { metadata: { name: `cm-${i}` }, data: { text: "x".repeat(4700) } };
    await server.api.dispatch({ verb: "create", resource: ConfigMaps, namespace: "default", object, user: admin });
  }
  const { cert, key } = server.pki.apiserver;
  const [one, all] = [Buffer.alloc(5000, "x"), Buffer.alloc(5000 * count, "x")];
  const bare = createServer({ cert, key, keepAliveTimeout: 60_000 }, (incoming, outgoing) =>
    outgoing.end(incoming.url === path ? all : one),
  );
  await once(bare.listen(0, "127.0.0.1"), "listening");
  process.on("message", (message) => {
    if (message === "cpu") process.send?.(process.cpuUsage());
    else void server.stop().then(() => process.exit());
  });
  const bareUrl = `https://127.0.0.1:${(bare.address() as AddressInfo).port}`;
  const ready: Ready = { url: server.url, bareUrl, ca: server.pki.ca.cert, ...server.pki.admin };
  process.send?.(ready);
}

async function measure(): Promise<void> {
  const child = fork(import.meta.filename, ["serve"]);
  const [ready] = (await once(child, "message")) as [Ready];
  const cpu = async () => {
    child.send("cpu");
    const [{ user, system }] = (await once(child, "message")) as [NodeJS.CpuUsage];
    return user + system;
  };

  /** Requests per second, and microseconds of the server's CPU for each. */
  async function load(requests: number, atOnce: number, get: (i: number) => Promise<Buffer>) {
    let next = 0;
    let bytes = 0;
    const worker = async () => {
      while (next < requests) bytes += (await get(next++)).length;
    };
    const [before, start] = [await cpu(), performance.now()];
    await Promise.all(Array.from({ length: atOnce }, worker));
    const seconds = (performance.now() - start) / 1000;
    return { rate: requests / seconds, megabytes: bytes / seconds / 1e6, cpu: ((await cpu()) - before) / requests };
  }

  const { ca, cert, key } = ready;
  const by = (url: string) => {
    const connection = httpConnection({ servers: [url], ca, cert, key });
    return async (where: string) => buffer(await connection.call({ method: "GET", path: where }));
  };
  const session = connectHttp2(ready.url, { ca, cert, key });
  const overHttp2 = (where: string) => buffer(session.request({ ":path": where }));

  const ways = { ours: by(ready.url), "ours, HTTP/2": overHttp2, bare: by(ready.bareUrl) };
  const results: Record<string, { gets: number; cpu: number; list: number }> = {};
  for (const [name, get] of Object.entries(ways)) {
    await load(1000, 32, (i) => get(`${path}/cm-${i % count}`)); // until everything is compiled
    const gets = await load(8000, 32, (i) => get(`${path}/cm-${i % count}`));
    await load(5, 1, () => get(path));
    const list = await load(30, 2, () => get(path));
    results[name] = { gets: gets.rate, cpu: gets.cpu, list: list.megabytes };
    print(`${name}: GET of 5 kB, 32 at a time`, gets.rate, "1/s");
    print(`${name}: server's CPU per GET`, gets.cpu, "µs");
    print(`${name}: LIST of ${count}`, list.megabytes, "MB/s");
  }
  const { ours, bare } = results;
  if (ours && bare) print("CPU per GET, ours to bare", ours.cpu / bare.cpu, "×");
  session.close();
  child.send("stop");
  await once(child, "exit");
  process.exit();
}

function print(figure: string, value: number, unit: string): void {
  console.log(JSON.stringify({ bench: "http", figure, value: Number(value.toPrecision(3)), unit }));
}
