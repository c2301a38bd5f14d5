/** A whole cluster in a test: how long it takes to be ready, and until pods run in it. One JSON line a figure. */
import assert from "node:assert/strict";
import { Deployments } from "#api/apps/v1/deployment.ts";
import { testCluster } from "#testing/test-cluster.ts";

const rounds = 5;

async function round(pods: number, nodes: number): Promise<{ startMs: number; podsMs: number; stopMs: number }> {
  const began = performance.now();
  const cluster = await testCluster({ nodes });
  const started = performance.now();
  const labels = { app: "web" };
  await cluster.client.create(Deployments, {
    metadata: { name: "web", namespace: "default" },
    spec: {
      replicas: pods,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "main", image: "web:1" }] } },
    },
  });
  await cluster.settle();
  const settled = performance.now();
  const { status } = await cluster.client.get(Deployments, { namespace: "default", name: "web" });
  assert.equal(status?.availableReplicas, pods);
  const before = performance.now();
  await cluster.stop();
  return { startMs: started - began, podsMs: settled - started, stopMs: performance.now() - before };
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
const rounded = (ms: number) => Math.round(ms * 10) / 10;

const first = await round(100, 2);
const later = [];
for (let i = 0; i < rounds; i++) later.push(await round(100, 2));
const thousand = await round(1000, 10);
const print = (figure: string, value: number, more = {}) =>
  console.log(JSON.stringify({ bench: "test-cluster", figure, value: rounded(value), unit: "ms", ...more }));
print("start, the first in a process", first.startMs, { goal: 100 });
print("start", median(later.map(({ startMs }) => startMs)), { goal: 100 });
print("100 pods ready on 2 nodes", median(later.map(({ podsMs }) => podsMs)));
print("1000 pods ready on 10 nodes", thousand.podsMs);
print("stop", median(later.map(({ stopMs }) => stopMs)));
