/** Queries per second that the node's name server answers for names of the cluster, over UDP on loopback. */
import { createSocket } from "node:dgram";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { EndpointSlices, Services } from "#api/catalog.ts";
import { ObjectCache } from "#client/cache/object-cache.ts";
import { answer } from "#dns/answer.ts";
import { startDnsServer } from "#dns/dns-server.ts";
import { fill, service, slice } from "#dns/objects.fixture.ts";
import { encodeQuestion, rcodes } from "#dns/wire.ts";
import { cacheZone } from "#dns/zone.ts";
import { createLogger } from "#kit/log.ts";

const seconds = 3;
const names = 1000;
/** Queries under way at one time. */
const window = 64;

if (isMainThread) await serve();
else await ask(workerData.port);

async function serve(): Promise<void> {
  const cache = new ObjectCache();
  const all = Array.from({ length: names }, (_, i) => i);
  const address = (i: number) => `10.96.${i >> 8}.${i & 255}`;
  fill(
    cache,
    Services,
    all.map((i) => service(`web-${i}`, { clusterIP: address(i), ports: [{ port: 80 }] })),
  );
  fill(
    cache,
    EndpointSlices,
    all.map((i) => slice(`web-${i}`, [{ addresses: [address(i)] }], [{ port: 80 }])),
  );
  const zone = cacheZone(cache, { domain: "cluster.local", serial: () => 1, host: () => undefined });
  const server = await startDnsServer({
    host: "127.0.0.1",
    port: 0,
    resolve: (question) => answer(question, zone) ?? { rcode: rcodes.refused },
    log: createLogger({ level: "error", name: "bench" }),
  });
  const cold = performance.now();
  for (const i of all) answer({ type: "A", name: `web-${i}.default.svc.cluster.local` }, zone);
  const coldUs = ((performance.now() - cold) * 1000) / names;
  const worker = new Worker(new URL(import.meta.url), { workerData: { port: server.port } });
  const before = process.threadCpuUsage();
  const { answered, lost } = await new Promise<{ answered: number; lost: number }>((resolve, reject) => {
    worker.on("message", resolve);
    worker.on("error", reject);
  });
  const { user, system } = process.threadCpuUsage(before);
  console.log(
    JSON.stringify({
      bench: "dns",
      queriesPerSecond: Math.round(answered / seconds),
      perCpuSecond: Math.round(answered / ((user + system) / 1e6)),
      lost,
      answerMicroseconds: Number(coldUs.toFixed(2)),
    }),
  );
  await worker.terminate();
  await server.close();
}

async function ask(port: number): Promise<void> {
  const questions = Array.from({ length: names }, (_, i) =>
    encodeQuestion(i, { type: "A", name: `web-${i}.default.svc.cluster.local` }, { edns: false }),
  );
  const socket = createSocket({ type: "udp4", recvBufferSize: 4 << 20 });
  let sent = 0;
  let answered = 0;
  const more = () => socket.send(questions[sent++ % names] as Buffer);
  await new Promise<void>((resolve) => socket.connect(port, "127.0.0.1", resolve));
  socket.on("message", (message) => {
    if (((message[3] ?? 0) & 15) !== rcodes.noError) throw new Error("a name was not found");
    answered++;
    more();
  });
  for (let i = 0; i < window; i++) more();
  setTimeout(() => {
    parentPort?.postMessage({ answered, lost: Math.max(0, sent - answered - window) });
    socket.close();
  }, seconds * 1000);
}
