import assert from "node:assert/strict";
import { test } from "node:test";
import { HorizontalPodAutoscalers } from "#api/catalog.ts";
import { received } from "#api/test-objects.ts";
import { fromHub, toHub } from "./conversion.ts";

const hub = () =>
  received(HorizontalPodAutoscalers, {
    metadata: { name: "web", annotations: { own: "note" } },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
      maxReplicas: 5,
      behavior: { scaleUp: { selectPolicy: "Min" } },
      metrics: [
        { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } } },
        { type: "Resource", resource: { name: "memory", target: { type: "AverageValue", averageValue: "1Gi" } } },
      ],
    },
    status: {
      desiredReplicas: 3,
      currentReplicas: 2,
      conditions: [{ type: "AbleToScale", status: "True" }],
      currentMetrics: [
        { type: "Resource", resource: { name: "cpu", current: { averageUtilization: 70, averageValue: "70m" } } },
      ],
    },
  });

test("version 1 shows CPU in fields and the rest in annotations", () => {
  const { spec, status, metadata } = fromHub(hub());
  assert.deepEqual([spec.targetCPUUtilizationPercentage, spec.minReplicas, spec.maxReplicas], [50, 1, 5]);
  assert.deepEqual(status, { desiredReplicas: 3, currentReplicas: 2, currentCPUUtilizationPercentage: 70 });
  const metric = { type: "Resource", resource: { name: "memory", targetAverageValue: "1Gi" } };
  assert.deepEqual(JSON.parse(metadata.annotations?.["autoscaling.alpha.kubernetes.io/metrics"] ?? ""), [metric]);
  assert.equal(metadata.annotations?.own, "note");
});

test("nothing is lost on the way there and back", () => {
  assert.deepEqual(toHub(fromHub(hub())), hub());
});
