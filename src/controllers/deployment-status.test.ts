import assert from "node:assert/strict";
import { test } from "node:test";
import type { Deployment, DeploymentStatus } from "#api/apps/v1/deployment.ts";
import type { ReplicaSet } from "#api/apps/v1/replica-set.ts";
import { condition, type NewSetNews, planStatus, type StatusInput } from "./deployment-status.plan.ts";
import { at, deployment, replicaSet, start } from "./objects.fixture.ts";

const seconds = (n: number) => start + n * 1000;

/** Tells the status of one round after the other, each on top of the one before. */
function story(spec: Partial<Deployment["spec"]> = {}) {
  let d = deployment(3, spec);
  return (newSet: ReplicaSet | undefined, old: readonly ReplicaSet[], now: number, rest: Partial<StatusInput> = {}) => {
    d = { ...d, spec: { ...d.spec, ...rest.deployment?.spec } };
    const { status, again } = planStatus({ newSet, old, now: seconds(now), ...rest, deployment: d });
    d = { ...d, status };
    return { status, again };
  };
}

const progress = ({ conditions }: DeploymentStatus) => {
  const { status, reason, lastUpdateTime } = condition(conditions, "Progressing") ?? {};
  return [status, reason, lastUpdateTime];
};
const created: NewSetNews = { kind: "created", name: "new" };
const set = (replicas: number, available: number) => replicaSet("new", replicas, { available });

test("a rollout that goes well", () => {
  const round = story();
  const made = round(set(0, 0), [], 0, { news: created });
  assert.deepEqual(progress(made.status), ["True", "NewReplicaSetCreated", at(0)]);
  assert.equal(condition(made.status.conditions, "Available")?.reason, "MinimumReplicasUnavailable");
  assert.equal(made.again, 601_000);
  assert.deepEqual(progress(round(set(3, 0), [], 5).status), ["True", "ReplicaSetUpdated", at(5)]);
  assert.deepEqual(progress(round(set(3, 0), [], 7).status), ["True", "ReplicaSetUpdated", at(5)]);
  assert.deepEqual(progress(round(set(3, 1), [], 9).status), ["True", "ReplicaSetUpdated", at(9)]);
  const done = round(set(3, 3), [], 10);
  assert.deepEqual(progress(done.status), ["True", "NewReplicaSetAvailable", at(10)]);
  assert.equal(done.again, undefined);
  const progressing = condition(done.status.conditions, "Progressing");
  assert.equal(progressing?.message, 'ReplicaSet "new" has successfully progressed.');
  assert.equal(progressing?.lastTransitionTime, at(0), "the status was True all along");
  assert.deepEqual(condition(done.status.conditions, "Available"), {
    type: "Available",
    status: "True",
    reason: "MinimumReplicasAvailable",
    message: "Deployment has minimum availability.",
    lastUpdateTime: at(10),
    lastTransitionTime: at(10),
  });
});

test("once complete, losing a pod is no rollout", () => {
  const round = story();
  round(set(3, 3), [], 0, { news: created });
  assert.deepEqual(progress(round(set(3, 2), [], 5).status), ["True", "NewReplicaSetAvailable", at(0)]);
});

test("without progress the deadline passes", () => {
  const round = story({ progressDeadlineSeconds: 60 });
  round(set(3, 0), [], 0, { news: created });
  assert.equal(round(set(3, 0), [], 59).again, 2000);
  const late = round(set(3, 0), [], 61);
  assert.deepEqual(progress(late.status), ["False", "ProgressDeadlineExceeded", at(61)]);
  assert.equal(
    condition(late.status.conditions, "Progressing")?.message,
    'ReplicaSet "new" has timed out progressing.',
  );
  assert.equal(late.again, undefined);
  assert.deepEqual(progress(round(set(3, 1), [], 70).status), ["True", "ReplicaSetUpdated", at(70)]);
});

test("without a deadline nothing is said of progress", () => {
  const { status } = story({ progressDeadlineSeconds: 2 ** 31 - 1 })(set(3, 0), [], 0, { news: created });
  assert.deepEqual(progress(status), [undefined, undefined, undefined]);
});

test("paused and resumed", () => {
  const round = story();
  const pause = (paused: boolean) => ({ deployment: deployment(3, { paused }), sizeOnly: paused });
  assert.deepEqual(progress(round(set(3, 1), [], 0, pause(true)).status), ["Unknown", "DeploymentPaused", at(0)]);
  assert.deepEqual(progress(round(set(3, 1), [], 5, pause(false)).status), ["Unknown", "DeploymentResumed", at(5)]);
  assert.deepEqual(progress(round(set(3, 2), [], 8, pause(false)).status), ["True", "ReplicaSetUpdated", at(8)]);
});

test("the failure of a set is the Deployment's, and goes with it", () => {
  const round = story();
  const failing = replicaSet("new", 3, {
    available: 0,
    status: { conditions: [{ type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: "no quota" }] },
  });
  const { status } = round(failing, [], 0, { news: created });
  const failure = condition(status.conditions, "ReplicaFailure");
  assert.deepEqual([failure?.status, failure?.reason, failure?.message], ["True", "FailedCreate", "no quota"]);
  assert.equal(condition(round(set(3, 0), [], 5).status.conditions, "ReplicaFailure"), undefined);
});

test("all sets are counted, the new one alone is up to date", () => {
  const { status } = story()(set(1, 0), [replicaSet("old", 3, { available: 2 })], 0, { news: created });
  const { conditions: _, ...counts } = status;
  assert.deepEqual(counts, {
    replicas: 4,
    updatedReplicas: 1,
    readyReplicas: 2,
    availableReplicas: 2,
    unavailableReplicas: 2,
    terminatingReplicas: 0,
    observedGeneration: 1,
  });
});
