import assert from "node:assert/strict";
import { test } from "node:test";
import type { Draft } from "#api/meta/object-meta.ts";
import { make, turn } from "#api/test-objects.ts";
import { type Deployment, Deployments } from "./deployment.ts";
import { type ReplicaSet, ReplicaSets } from "./replica-set.ts";

type Row = [what: string, check: () => string[], ...causes: string[]];

const workload = (spec: object): Draft<Deployment> & Draft<ReplicaSet> => ({
  spec: {
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "c", image: "i" }] } },
    ...spec,
  },
});
const strategy = (rollingUpdate: object, type = "RollingUpdate") => workload({ strategy: { type, rollingUpdate } });

const newDeployment = make(Deployments);

const accepted: Row[] = [
  ["a deployment", newDeployment(workload({}))],
  [
    "a deployment by expressions",
    newDeployment(workload({ selector: { matchExpressions: [{ key: "app", operator: "In", values: ["web", "x"] }] } })),
  ],
  ["a deployment without surge", newDeployment(strategy({ maxSurge: 0, maxUnavailable: "10%" }))],
  ["a replica set", make(ReplicaSets)(workload({ replicas: 0 }))],
];

const refused: Row[] = [
  ["no selector", newDeployment(workload({ selector: undefined })), "Required spec.selector: Required value"],
  [
    "an empty selector",
    newDeployment(workload({ selector: {} })),
    "Invalid spec.selector: Invalid value: {}: empty selector is invalid for deployment",
  ],
  [
    "a selector of other pods",
    newDeployment(workload({ selector: { matchLabels: { app: "x" } } })),
    'Invalid spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
  ],
  [
    "an unknown operator",
    newDeployment(workload({ selector: { matchExpressions: [{ key: "app", operator: "Has" }] } })),
    'Invalid spec.selector.matchExpressions[0].operator: Invalid value: "Has": not a valid selector operator',
    'Invalid spec.selector: Invalid value: {"matchExpressions":[{"key":"app","operator":"Has"}]}: invalid label selector',
  ],
  [
    "no template",
    newDeployment({ spec: { selector: { matchLabels: { a: "b" } } } }),
    "Required spec.template.spec.containers: Required value",
    "Invalid spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`",
  ],
  [
    "fewer than no replicas",
    newDeployment(workload({ replicas: -1 })),
    "Invalid spec.replicas: Invalid value: -1: must be greater than or equal to 0",
  ],
  [
    "pods that end",
    newDeployment(
      workload({
        template: {
          metadata: { labels: { app: "web" } },
          spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] },
        },
      }),
    ),
    'NotSupported spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
  ],
  [
    "no way to roll",
    newDeployment(strategy({ maxSurge: 0, maxUnavailable: "0%" })),
    'Invalid spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0',
  ],
  [
    "a share that is none",
    newDeployment(strategy({ maxSurge: "half" })),
    "Invalid spec.strategy.rollingUpdate.maxSurge: Invalid value: \"half\": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
  ],
  [
    "more than all unavailable",
    newDeployment(strategy({ maxUnavailable: "150%" })),
    'Invalid spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "150%": must not be greater than 100%',
  ],
  [
    "a rolling recreation",
    newDeployment(strategy({ maxSurge: 1 }, "Recreate")),
    "Forbidden spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
  ],
  [
    "a strange strategy",
    newDeployment(workload({ strategy: { type: "Blue" } })),
    'NotSupported spec.strategy.type: Unsupported value: "Blue": supported values: "Recreate", "RollingUpdate"',
  ],
  [
    "a deadline before readiness",
    newDeployment(workload({ minReadySeconds: 600 })),
    "Invalid spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds",
  ],
  [
    "a bad label of the template",
    newDeployment(
      workload({
        template: { metadata: { labels: { app: "web", b: "c d" } }, spec: { containers: [{ name: "c", image: "i" }] } },
      }),
    ),
    "Invalid spec.template.labels: Invalid value: \"c d\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
  ],
  [
    "another selector",
    turn(Deployments)(workload({}), workload({ selector: { matchExpressions: [{ key: "app", operator: "Exists" }] } })),
    'Invalid spec.selector: Invalid value: {"matchExpressions":[{"key":"app","operator":"Exists"}]}: field is immutable',
  ],
  [
    "a replica set of other pods",
    make(ReplicaSets)(workload({ selector: { matchLabels: { a: "b" } } })),
    'Invalid spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
  ],
];

for (const [what, check] of accepted) test(`${what} is accepted`, () => assert.deepEqual(check(), []));
for (const [what, check, ...causes] of refused) test(`${what} is refused`, () => assert.deepEqual(check(), causes));
