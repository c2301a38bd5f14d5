/**
 * What the API costs in process, without sockets: authorization, admission, validation and storage in memory.
 * Beside each figure stands the bare work that cannot be saved: the storage's own write. Run: node bench/registry.ts
 */
import { Pods, ServiceAccounts } from "#api/catalog.ts";
import { createApiServer } from "#apiserver/api-server.ts";
import { createClient } from "#client/client.ts";
import { systemClock } from "#kit/clock.ts";
import { run } from "#kit/scope.ts";
import { openMemoryStorage } from "#storage/memory-storage.ts";
import { report, round } from "./support/figures.ts";
import { largePod } from "./support/large-pod.ts";

const count = Number(process.argv[2] ?? 3000);
const atOnce = 32;

const storage = openMemoryStorage();
const api = createApiServer({ storage, clock: systemClock });
await using _running = await run([api]);
const client = createClient(api, { user: { name: "bench", groups: ["system:masters"] } });
await client.create(ServiceAccounts, { metadata: { namespace: "default", name: "default" } });

async function perSecond(work: (i: number) => Promise<unknown>): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < count; i += atOnce) {
    await Promise.all(Array.from({ length: Math.min(atOnce, count - i) }, (_, n) => work(i + n)));
  }
  return round(count / ((performance.now() - start) / 1000), 0);
}

const key = (i: number) => ({ namespace: "default", name: `pod-${i}` });
const bare = openMemoryStorage();
const value = Buffer.from(JSON.stringify(largePod("x")));

report("registry", {
  podBytes: value.length,
  barePerSecond: await perSecond((i) => bare.write({ key: `pods/${i}`, value: Buffer.from(value), expect: 0 })),
  createsPerSecond: await perSecond((i) => client.create(Pods, largePod(`pod-${i}`))),
  getsPerSecond: await perSecond((i) => client.get(Pods, key(i))),
  statusPatchesPerSecond: await perSecond((i) =>
    client.patch(
      Pods,
      key(i),
      { type: "strategic", body: { status: { podIP: "10.0.0.1" } } },
      { subresource: "status" },
    ),
  ),
  updatesPerSecond: await perSecond((i) =>
    client.patch(Pods, key(i), { type: "merge", body: { metadata: { labels: { touched: "yes" } } } }),
  ),
  listMs: await (async () => {
    const start = performance.now();
    await client.list(Pods);
    return round(performance.now() - start, 2);
  })(),
  deletesPerSecond: await perSecond((i) => client.delete(Pods, key(i))),
});
