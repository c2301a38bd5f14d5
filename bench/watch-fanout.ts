/**
 * What it costs to tell a thousand watchers of a change of a 5 KB pod, as the bytes of a watch; beside it what it costs
 * when each watcher's frame is encoded anew. Run: node bench/watch-fanout.ts [WATCHERS] [CHANGES]
 */
import { Pods, ServiceAccounts } from "#api/catalog.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import type { Watch } from "#api/meta/watch.ts";
import { createApiServer } from "#apiserver/api-server.ts";
import { encodedJson } from "#apiserver/registry/codec.ts";
import { createClient } from "#client/client.ts";
import { systemClock } from "#kit/clock.ts";
import { run } from "#kit/scope.ts";
import { openMemoryStorage } from "#storage/memory-storage.ts";
import { report, round } from "./support/figures.ts";
import { largePod } from "./support/large-pod.ts";

const watchers = Number(process.argv[2] ?? 1000);
const changes = Number(process.argv[3] ?? 200);

const api = createApiServer({ storage: openMemoryStorage(), clock: systemClock });
await using _running = await run([api]);
const client = createClient(api, { user: { name: "bench", groups: ["system:masters"] } });
await client.create(ServiceAccounts, { metadata: { namespace: "default", name: "default" } });
const pod = await client.create(Pods, largePod("pod"));

let bytes = 0;
async function consume(watch: Watch<Pod>): Promise<void> {
  let left = changes;
  for await (const batch of watch) {
    for (const event of batch) if (event.type !== "BOOKMARK") bytes += encodedJson(event.object).length;
    left -= batch.length;
    if (left <= 0) return;
  }
}

const change = (i: number) =>
  client.patch(Pods, pod.metadata, { type: "merge", body: { metadata: { labels: { i: String(i) } } } });

/** Microseconds of one delivery, the writes themselves taken off. */
async function fanOut(select: { fieldSelector?: string }): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < changes; i++) await change(i);
  const writesAlone = performance.now() - start;
  const { resourceVersion } = (await client.list(Pods)).metadata;
  const open = () => client.watch(Pods, { ...select, resourceVersion });
  const watches = await Promise.all(Array.from({ length: watchers }, open));
  const begin = performance.now();
  const consumers = watches.map(consume);
  for (let i = 0; i < changes; i++) await change(changes + i);
  await Promise.all(consumers);
  return ((performance.now() - begin - writesAlone) * 1000) / (watchers * changes);
}

function encodingEach(): number {
  const start = performance.now();
  const rounds = 2000;
  for (let i = 0; i < rounds; i++) bytes += Buffer.from(JSON.stringify(pod)).length;
  return ((performance.now() - start) * 1000) / rounds;
}

const figures = {
  watchers,
  changes,
  podBytes: encodedJson(pod).length,
  microsecondsPerDelivery: round(await fanOut({}), 2),
  withFieldSelector: round(await fanOut({ fieldSelector: "metadata.name=pod" }), 2),
  encodingForEach: round(encodingEach(), 2),
};
report("watch fan-out", { ...figures, megabytes: round(bytes / 1e6, 0) });
