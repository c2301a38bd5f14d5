import assert from "node:assert/strict";
import { test } from "node:test";
import { HorizontalPodAutoscalersV1 } from "#api/autoscaling/v1/horizontal-pod-autoscaler.ts";
import { HorizontalPodAutoscalers } from "#api/catalog.ts";
import { isConflict, isNotFound } from "#api/meta/api-error.ts";
import { testCluster } from "#testing/test-cluster.ts";

const key = { namespace: "default", name: "web" };
const old = {
  metadata: key,
  spec: {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
    maxReplicas: 5,
    targetCPUUtilizationPercentage: 60,
  },
};
const memory = {
  type: "Resource",
  resource: { name: "memory", target: { type: "AverageValue", averageValue: "1Gi" } },
};

for (const http of [false, true]) {
  const start = () => testCluster({ http, nodes: 0 });
  const door = http ? "over HTTP" : "in process";

  test(`one object in two versions, ${door}`, async () => {
    await using cluster = await start();
    const { client } = cluster;
    const made = await client.create(HorizontalPodAutoscalersV1, old);
    assert.deepEqual([made.apiVersion, made.spec.minReplicas], ["autoscaling/v1", 1]);
    const stored = await client.get(HorizontalPodAutoscalers, key);
    assert.equal(stored.metadata.uid, made.metadata.uid);
    assert.equal(stored.spec.metrics?.[0]?.resource?.target.averageUtilization, 60);
    const metrics = [...(stored.spec.metrics ?? []), memory];
    await client.patch(HorizontalPodAutoscalers, key, { type: "merge", body: { spec: { metrics } } });
    const body = { spec: { maxReplicas: 9, targetCPUUtilizationPercentage: 70 } };
    const patched = await client.patch(HorizontalPodAutoscalersV1, key, { type: "strategic", body });
    assert.deepEqual([patched.spec.maxReplicas, patched.spec.targetCPUUtilizationPercentage], [9, 70]);
    const after = await client.get(HorizontalPodAutoscalers, key);
    assert.deepEqual(
      after.spec.metrics?.map(({ resource }) => resource?.target.averageUtilization ?? resource?.target.averageValue),
      [70, "1Gi"],
      "what the old version has no field for is kept",
    );
    const { items } = await client.list(HorizontalPodAutoscalersV1, { namespace: "default" });
    assert.deepEqual(
      items.map(({ apiVersion }) => apiVersion),
      ["autoscaling/v1"],
    );
    await assert.rejects(
      client.update(HorizontalPodAutoscalersV1, { ...made, spec: { ...made.spec, maxReplicas: 3 } }),
      isConflict,
    );
    await client.delete(HorizontalPodAutoscalersV1, key);
    await assert.rejects(client.get(HorizontalPodAutoscalers, key), isNotFound);
  });

  test(`a watcher of one version sees writes through the other, ${door}`, async () => {
    await using cluster = await start();
    const { client } = cluster;
    const stop = new AbortController();
    const watch = await client.watch(HorizontalPodAutoscalersV1, { namespace: "default", signal: stop.signal });
    const { spec, metadata } = await client.create(HorizontalPodAutoscalersV1, old);
    await client.patch(HorizontalPodAutoscalers, key, { type: "merge", body: { spec: { maxReplicas: 7 } } });
    const seen: string[] = [];
    for await (const batch of watch) {
      for (const event of batch) {
        if (event.type === "BOOKMARK" || event.object.metadata.uid !== metadata.uid) continue;
        seen.push(`${event.type} ${event.object.apiVersion} ${event.object.spec.maxReplicas}`);
      }
      if (seen.some((text) => text.endsWith("7"))) break;
    }
    stop.abort();
    assert.equal(spec.maxReplicas, 5);
    assert.equal(seen[0], "ADDED autoscaling/v1 5");
    assert.equal(seen.at(-1), "MODIFIED autoscaling/v1 7");
  });
}
