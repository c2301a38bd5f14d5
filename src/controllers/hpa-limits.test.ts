import assert from "node:assert/strict";
import { test } from "node:test";
import type { HorizontalPodAutoscaler } from "#api/autoscaling/v2/horizontal-pod-autoscaler.ts";
import { HorizontalPodAutoscalers } from "#api/catalog.ts";
import { received } from "#api/test-objects.ts";
import { normalize, noteChange, type ScalingMemory } from "./hpa-limits.plan.ts";

type Behavior = HorizontalPodAutoscaler["spec"]["behavior"];

const autoscaler = (behavior?: Behavior): HorizontalPodAutoscaler =>
  received(HorizontalPodAutoscalers, {
    metadata: { name: "web" },
    spec: { scaleTargetRef: { kind: "Deployment", name: "web" }, maxReplicas: 100, ...(behavior && { behavior }) },
  });
const fresh = (): ScalingMemory => ({ recommendations: [], ups: [], downs: [] });

/** A run through time: each step is a wish after so many seconds; gives what was allowed and why. */
function run(behavior: Behavior, current: number, steps: readonly [second: number, desired: number][], max = 100) {
  const memory = fresh();
  let replicas = current;
  return steps.map(([second, desired]) => {
    const now = second * 1000;
    const next = normalize(autoscaler(behavior), desired, { current: replicas, min: 1, max, now }, memory);
    if (next.replicas !== replicas) noteChange(memory, replicas, next.replicas, now);
    replicas = next.replicas;
    return `${replicas} ${next.stable.reason} ${next.limit.reason}`;
  });
}

test("without a behaviour: up to the double at a time, down as far as five minutes ever asked", () => {
  const steps: [number, number][] = [
    [1000, 50],
    [1015, 50],
    [1030, 5],
    [1200, 8],
    [1316, 5],
    [1501, 5],
  ];
  assert.deepEqual(run(undefined, 3, steps), [
    "6 ReadyForNewScale ScaleUpLimit",
    "12 ReadyForNewScale ScaleUpLimit",
    "24 ScaleDownStabilized ScaleUpLimit",
    "48 ScaleDownStabilized ScaleUpLimit",
    "8 ScaleDownStabilized DesiredWithinRange",
    "5 ReadyForNewScale DesiredWithinRange",
  ]);
});

test("bounds are told apart from rates", () => {
  assert.deepEqual(run(undefined, 8, [[0, 50]], 10), ["10 ReadyForNewScale TooManyReplicas"]);
  const down = { scaleDown: { stabilizationWindowSeconds: 0 } };
  assert.deepEqual(run(down, 8, [[0, 0]]), ["1 ReadyForNewScale TooFewReplicas"]);
});

test("the defaults of a behaviour: four pods or the double in 15 seconds", () => {
  const steps: [number, number][] = [
    [1000, 50],
    [1005, 50],
    [1016, 50],
  ];
  assert.deepEqual(run({ scaleUp: {} }, 2, steps), [
    "6 ReadyForNewScale ScaleUpLimit",
    "6 ReadyForNewScale ScaleUpLimit",
    "12 ReadyForNewScale ScaleUpLimit",
  ]);
});

test("policies: so many pods in so long, the strictest or none", () => {
  const policies = [
    { type: "Pods", value: 1, periodSeconds: 60 },
    { type: "Percent", value: 50, periodSeconds: 60 },
  ];
  const down = (selectPolicy: string) => ({ scaleDown: { stabilizationWindowSeconds: 0, selectPolicy, policies } });
  assert.deepEqual(
    run(down("Max"), 10, [
      [1000, 1],
      [1030, 1],
      [1061, 1],
    ]).map((text) => text.split(" ")[0]),
    ["5", "5", "2"],
  );
  assert.deepEqual(
    run(down("Min"), 10, [
      [1000, 1],
      [1030, 1],
      [1061, 1],
    ]).map((text) => text.split(" ")[0]),
    ["9", "9", "8"],
  );
  assert.deepEqual(run(down("Disabled"), 10, [[1000, 1]]), ["10 ReadyForNewScale ScaleDownLimit"]);
});

test("a window upwards waits for the lowest of the past", () => {
  const up = { scaleUp: { stabilizationWindowSeconds: 60 } };
  assert.deepEqual(
    run(up, 2, [
      [1000, 2],
      [1015, 6],
      [1045, 6],
      [1061, 6],
    ]),
    [
      "2 ReadyForNewScale DesiredWithinRange",
      "2 ScaleUpStabilized DesiredWithinRange",
      "2 ScaleUpStabilized DesiredWithinRange",
      "6 ReadyForNewScale DesiredWithinRange",
    ],
  );
});
