import assert from "node:assert/strict";
import { test } from "node:test";
import { HorizontalPodAutoscalers, PodDisruptionBudgets, PriorityClasses } from "#api/catalog.ts";
import { PersistentVolumeClaims } from "#api/core/v1/persistent-volume-claim.ts";
import { make, turn } from "#api/test-objects.ts";
import { DaemonSets } from "./daemon-set.ts";
import { StatefulSets } from "./stateful-set.ts";

type Row = [what: string, check: () => string[], ...causes: string[]];

const spec = (more: object) => ({
  spec: {
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "c", image: "i" }] } },
    ...more,
  },
});
const rolling = (rollingUpdate: object) => spec({ updateStrategy: { type: "RollingUpdate", rollingUpdate } });
const autoscaler = (more: object) => ({
  spec: { scaleTargetRef: { kind: "Deployment", name: "web" }, maxReplicas: 3, ...more },
});
const claim = (more: object) => ({
  spec: { accessModes: ["ReadWriteOnce" as const], resources: { requests: { storage: "1Gi" } }, ...more },
});

const accepted: Row[] = [
  ["a daemon set", make(DaemonSets)(spec({}))],
  ["a stateful set", make(StatefulSets)(spec({ serviceName: "web" }))],
  ["a bigger stateful set", turn(StatefulSets)(spec({}), spec({ replicas: 5, minReadySeconds: 3 }))],
  ["an autoscaler", make(HorizontalPodAutoscalers)(autoscaler({}))],
  ["a budget", make(PodDisruptionBudgets)({ spec: { maxUnavailable: "50%" } })],
  ["a priority class", make(PriorityClasses)({ value: 5 })],
  ["a claim", make(PersistentVolumeClaims)(claim({}))],
];

const refused: Row[] = [
  [
    "a daemon set that can neither surge nor miss pods",
    make(DaemonSets)(rolling({ maxUnavailable: 0, maxSurge: "0%" })),
    "Required spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0",
  ],
  [
    "a daemon set that does both",
    make(DaemonSets)(rolling({ maxUnavailable: 1, maxSurge: 1 })),
    "Invalid spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero",
  ],
  [
    "another service for a stateful set",
    turn(StatefulSets)(spec({ serviceName: "a" }), spec({ serviceName: "b" })),
    "Forbidden spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
  ],
  [
    "a negative partition",
    make(StatefulSets)(rolling({ partition: -1 })),
    "Invalid spec.updateStrategy.rollingUpdate.partition: Invalid value: -1: must be greater than or equal to 0",
  ],
  [
    "fewer at most than at least",
    make(HorizontalPodAutoscalers)(autoscaler({ minReplicas: 4 })),
    "Invalid spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`",
  ],
  [
    "a metric without its source",
    make(HorizontalPodAutoscalers)(autoscaler({ metrics: [{ type: "Resource" }] })),
    "Required spec.metrics[0].resource: Required value: must populate information for the given metric source",
  ],
  [
    "a budget of two minds",
    make(PodDisruptionBudgets)({ spec: { minAvailable: 1, maxUnavailable: 1 } }),
    'Invalid spec: Invalid value: {"minAvailable":1,"maxUnavailable":1}: minAvailable and maxUnavailable are mutually exclusive',
  ],
  [
    "a class above the system's",
    make(PriorityClasses)({ value: 1_000_000_001 }),
    "Forbidden value: Forbidden: maximum allowed value of a user defined priority is 1000000000",
  ],
  [
    "another value of a class",
    turn(PriorityClasses)({ value: 1 }, { value: 2 }),
    "Forbidden value: Forbidden: may not be changed in an update.",
  ],
  [
    "a claim of nothing",
    make(PersistentVolumeClaims)(claim({ accessModes: [], resources: {} })),
    "Required spec.accessModes: Required value: at least 1 access mode is required",
    "Required spec.resources[storage]: Required value",
  ],
];

for (const [what, check] of accepted) test(`${what} is accepted`, () => assert.deepEqual(check(), []));
for (const [what, check, ...causes] of refused) test(`${what} is refused`, () => assert.deepEqual(check(), causes));
