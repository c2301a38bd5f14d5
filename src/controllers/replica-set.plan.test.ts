import assert from "node:assert/strict";
import { test } from "node:test";
import { at, pod, replicaSet, start } from "./objects.fixture.ts";
import { planReplicas, planStatus } from "./replica-set.plan.ts";

const none = () => [];
const names = (pods: readonly { metadata: { name: string } }[]) => pods.map(({ metadata }) => metadata.name);

test("ended and departing pods do not count as replicas", () => {
  const pods = [pod("runs"), pod("ended", { phase: "Failed" }), pod("leaves", { meta: { deletionTimestamp: at(1) } })];
  assert.deepEqual(planReplicas(replicaSet("web", 3), pods, none, start), { create: 2, remove: [] });
});

test("surplus pods go, and no more than 500 at a time come", () => {
  const plan = planReplicas(replicaSet("web", 1), [pod("a"), pod("b", { ready: false })], none, start);
  assert.deepEqual([plan.create, names(plan.remove)], [0, ["b"]]);
  assert.equal(planReplicas(replicaSet("web", 9000), [], none, start).create, 500);
});

test("a set that is being deleted neither makes nor deletes pods", () => {
  const rs = replicaSet("web", 3);
  rs.metadata.deletionTimestamp = at(0);
  assert.deepEqual(planReplicas(rs, [], none, start), { create: 0, remove: [] });
});

test("the status counts, and says when the next pod becomes available", () => {
  const rs = replicaSet("web", 3);
  rs.spec.minReadySeconds = 10;
  const labels = { app: "web" };
  const pods = [
    pod("old", { meta: { labels } }),
    pod("fresh", { readySince: 14, meta: { labels } }),
    pod("other", { ready: false, meta: { labels: { app: "other" } } }),
    pod("leaves", { meta: { labels, deletionTimestamp: at(1) } }),
  ];
  const { status, again } = planStatus(rs, pods, undefined, start + 20_000);
  assert.deepEqual(status, {
    replicas: 3,
    fullyLabeledReplicas: 2,
    readyReplicas: 2,
    availableReplicas: 1,
    terminatingReplicas: 1,
    observedGeneration: 1,
  });
  assert.equal(again, 4000);
});

test("a failure is shown with the time it began, and goes when it is over", () => {
  const rs = replicaSet("web", 1);
  const failure = { reason: "FailedCreate", message: "no quota" } as const;
  const { status } = planStatus(rs, [], failure, start + 1000);
  const condition = { type: "ReplicaFailure", status: "True", lastTransitionTime: at(1), ...failure };
  assert.deepEqual(status.conditions, [condition]);
  const failing = { ...rs, status };
  assert.deepEqual(planStatus(failing, [], failure, start + 9000).status.conditions, [condition]);
  assert.equal(planStatus(failing, [], undefined, start + 9000).status.conditions, undefined);
});
