/**
 * Pods created to bound, each second, on many nodes: API server, storage in memory and scheduler in one process, no
 * kubelets. `node bench/scheduler.ts [nodes] [pods] [strategy]`
 */
import { Nodes, Pods, ServiceAccounts } from "#api/catalog.ts";
import { createApiServer } from "#apiserver/api-server.ts";
import { Caches } from "#client/cache/caches.ts";
import { createClient } from "#client/client.ts";
import { eventRecorder } from "#controller/events.ts";
import { systemClock as clock } from "#kit/clock.ts";
import { silentLogger as log } from "#kit/log.ts";
import { run } from "#kit/scope.ts";
import { schedulerComponent } from "#scheduler/scheduler.ts";
import type { StrategyName } from "#scheduler/strategies/strategies.ts";
import { openMemoryStorage } from "#storage/memory-storage.ts";
import { report, round } from "./support/figures.ts";

const nodes = Number(process.argv[2] ?? 1000);
const pods = Number(process.argv[3] ?? 5000);
const strategy = (process.argv[4] ?? "Default") as StrategyName;
const namespace = "default";
/** Creations under way at a time. */
const parallel = 50;

const api = createApiServer({ storage: openMemoryStorage(), clock, log });
const client = createClient(api, { user: { name: "admin", groups: ["system:masters"] } });
const caches = new Caches({ client, clock, log });
const events = eventRecorder({ client, clock, log, component: "default-scheduler" });
await using _running = await run([api, caches, schedulerComponent({ client, caches, events, clock, log, strategy })]);

const amounts = { cpu: "32", memory: "64Gi", pods: "110" };
for (let i = 0; i < nodes; i++) {
  const labels = { "kubernetes.io/hostname": `node-${i}`, "topology.kubernetes.io/zone": `zone-${i % 3}` };
  await client.create(Nodes, {
    metadata: { name: `node-${i}`, labels },
    status: { allocatable: amounts, capacity: amounts },
  });
}
await client.create(ServiceAccounts, { metadata: { name: "default", namespace } });

let bound = 0;
const done = new Promise<void>((resolve) => {
  caches.subscribe(Pods, (batch) => {
    for (const { object, previous } of batch) {
      if (object.spec.nodeName && !previous?.spec.nodeName && ++bound === pods) resolve();
    }
  });
});

const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web", uid: "web", controller: true };
let made = 0;
async function createPods(): Promise<void> {
  while (made < pods) {
    await client.create(Pods, {
      metadata: { namespace, name: `pod-${made++}`, labels: { app: "web" }, ownerReferences: [owner] },
      spec: {
        containers: [{ name: "main", image: "web:1", resources: { requests: { cpu: "100m", memory: "64Mi" } } }],
      },
    });
  }
}

const cpuBefore = process.cpuUsage();
const start = performance.now();
await Promise.all(Array.from({ length: parallel }, createPods));
const created = performance.now();
await done;
const { user, system } = process.cpuUsage(cpuBefore);
const seconds = (performance.now() - start) / 1000;
report("scheduler", {
  strategy,
  nodes,
  pods,
  seconds: round(seconds, 2),
  creatingSeconds: round((created - start) / 1000, 2),
  cpuSeconds: round((user + system) / 1e6, 2),
  podsPerSecond: Math.round(pods / seconds),
});
