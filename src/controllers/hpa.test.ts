import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type HorizontalPodAutoscaler,
  HorizontalPodAutoscalers,
} from "#api/autoscaling/v2/horizontal-pod-autoscaler.ts";
import { Deployments } from "#api/catalog.ts";
import type { Draft } from "#api/meta/object-meta.ts";
import type { Client } from "#client/client.ts";
import { type TestCluster, testCluster } from "#testing/test-cluster.ts";
import { deploymentNow, eventsAbout, namespace, pods } from "./cluster.fixture.ts";
import type { PodUsage } from "./hpa-replicas.plan.ts";

const key = { namespace, name: "web" };
const labels = { app: "web" };

const autoscaler = (spec: Draft<HorizontalPodAutoscaler["spec"]>): Draft<HorizontalPodAutoscaler> => ({
  metadata: key,
  spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" }, maxReplicas: 6, ...spec },
});
const resource = (
  name: string,
  target: Draft<NonNullable<HorizontalPodAutoscaler["spec"]["metrics"]>[number]["resource"]>,
) => ({
  type: "Resource",
  resource: { name, ...target },
});
const cpu = (averageUtilization: number) => resource("cpu", { target: { type: "Utilization", averageUtilization } });

/** A cluster whose pods share a load, in thousandths of cores and of bytes. */
async function loaded(load: { cpu: number; memory: number }): Promise<TestCluster> {
  let client: Client | undefined;
  let now = () => 0;
  const metrics = {
    async of(): Promise<ReadonlyMap<string, PodUsage>> {
      const ready = (await pods(client!)).filter(({ status }) => status?.phase === "Running");
      const each = { cpu: Math.trunc(load.cpu / ready.length), memory: Math.trunc(load.memory / ready.length) };
      const sample = { at: now(), windowMs: 10_000, containers: new Map([["main", each]]) };
      return new Map(ready.map(({ metadata }) => [metadata.name, sample]));
    },
  };
  const cluster = await testCluster({ fate: () => "ready", controllers: { hpa: { metrics } } });
  client = cluster.client;
  now = () => cluster.clock.now();
  const resources = { requests: { cpu: "100m", memory: "100Mi" } };
  await client.create(Deployments, {
    metadata: key,
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "main", image: "i", resources }] } },
    },
  });
  await cluster.settle();
  await cluster.advance(400_000);
  return cluster;
}
const replicas = async (client: Client) => (await deploymentNow(client)).spec.replicas;
const statusNow = async (client: Client) => (await client.get(HorizontalPodAutoscalers, key)).status;
const shown = async (client: Client) =>
  Object.fromEntries(
    ((await statusNow(client))?.conditions ?? []).map(({ type, status, reason }) => [type, `${status} ${reason}`]),
  );

test("up under load, within the rate, and down after it", async () => {
  const load = { cpu: 80, memory: 0 };
  await using cluster = await loaded(load);
  const { client } = cluster;
  await client.create(HorizontalPodAutoscalers, autoscaler({ metrics: [cpu(50)], minReplicas: 1 }));
  await cluster.settle();
  assert.equal(await replicas(client), 2);
  const status = await statusNow(client);
  assert.deepEqual([status?.desiredReplicas, status?.currentReplicas], [2, 1]);
  assert.deepEqual(status?.currentMetrics, [
    { type: "Resource", resource: { name: "cpu", current: { averageUtilization: 80, averageValue: "80m" } } },
  ]);
  assert.deepEqual(await shown(client), {
    AbleToScale: "True SucceededRescale",
    ScalingActive: "True ValidMetricFound",
    ScalingLimited: "False DesiredWithinRange",
  });
  assert.deepEqual(await eventsAbout(client, "HorizontalPodAutoscaler"), [
    "SuccessfulRescale: New size: 2; reason: cpu resource utilization (percentage of request) above target",
  ]);
  load.cpu = 1000;
  await cluster.advance(90_000);
  assert.equal(await replicas(client), 6);
  assert.equal((await shown(client)).ScalingLimited, "True TooManyReplicas");
  load.cpu = 60;
  await cluster.advance(200_000);
  assert.equal(await replicas(client), 6, "five minutes must pass");
  await cluster.advance(400_000);
  assert.equal(await replicas(client), 2);
  const told = await eventsAbout(client, "HorizontalPodAutoscaler");
  assert.ok(told.some((text) => text.endsWith("reason: All metrics below target")));
});

test("memory by value, and the metric that asks for most", async () => {
  const load = { cpu: 10, memory: 300 * 2 ** 20 * 1000 };
  await using cluster = await loaded(load);
  const { client } = cluster;
  const memory = resource("memory", { target: { type: "AverageValue", averageValue: "100Mi" } });
  await client.create(HorizontalPodAutoscalers, autoscaler({ metrics: [cpu(50), memory] }));
  await cluster.settle();
  assert.equal(await replicas(client), 3);
  assert.match(
    (await eventsAbout(client, "HorizontalPodAutoscaler"))[0] ?? "",
    /reason: memory resource above target$/,
  );
});

test("the declared rate holds", async () => {
  await using cluster = await loaded({ cpu: 1000, memory: 0 });
  const { client } = cluster;
  const policies = [{ type: "Pods", value: 1, periodSeconds: 60 }];
  await client.create(
    HorizontalPodAutoscalers,
    autoscaler({ metrics: [cpu(50)], behavior: { scaleUp: { policies } } }),
  );
  await cluster.settle();
  const seen: (number | undefined)[] = [await replicas(client)];
  for (let i = 0; i < 3; i++) {
    await cluster.advance(60_000);
    seen.push(await replicas(client));
  }
  assert.deepEqual(seen, [2, 3, 4, 5]);
  assert.equal((await shown(client)).ScalingLimited, "True ScaleUpLimit");
});

test("what cannot be done is told: no such object, no figures, stopped by hand, outside of the bounds", async () => {
  await using cluster = await testCluster({ fate: () => "ready" });
  const { client } = cluster;
  await client.create(HorizontalPodAutoscalers, autoscaler({ metrics: [cpu(50)], minReplicas: 2 }));
  await cluster.settle();
  assert.deepEqual(await shown(client), { AbleToScale: "False FailedGetScale" });
  await client.create(Deployments, {
    metadata: key,
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "main", image: "i" }] } },
    },
  });
  await cluster.advance(16_000);
  assert.equal(await replicas(client), 2);
  const told = await eventsAbout(client, "HorizontalPodAutoscaler");
  assert.equal(
    told.at(-1),
    "SuccessfulRescale: New size: 2; reason: Current number of replicas below Spec.MinReplicas",
  );
  await cluster.advance(16_000);
  assert.equal((await shown(client)).ScalingActive, "False FailedGetResourceMetric");
  await client.patch(Deployments, key, { type: "merge", body: { spec: { replicas: 0 } } });
  await cluster.advance(16_000);
  assert.deepEqual([(await shown(client)).ScalingActive, await replicas(client)], ["False ScalingDisabled", 0]);
});

test("the figures of metrics.k8s.io, from kubelets: idle pods go after five minutes", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  const resources = { requests: { cpu: "100m" } };
  await client.create(Deployments, {
    metadata: key,
    spec: {
      replicas: 3,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "main", image: "i", resources }] } },
    },
  });
  await client.create(HorizontalPodAutoscalers, autoscaler({ metrics: [cpu(50)] }));
  await cluster.advance(240_000);
  assert.deepEqual([await replicas(client), (await shown(client)).ScalingActive], [3, "True ValidMetricFound"]);
  const [metric] = (await statusNow(client))?.currentMetrics ?? [];
  assert.deepEqual(metric?.resource?.current, { averageValue: "0", averageUtilization: 0 });
  await cluster.advance(240_000);
  assert.equal(await replicas(client), 1);
});
