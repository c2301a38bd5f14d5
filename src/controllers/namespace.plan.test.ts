import assert from "node:assert/strict";
import { test } from "node:test";
import { Deployments } from "#api/apps/v1/deployment.ts";
import type { Namespace } from "#api/core/v1/namespace.ts";
import { Pods } from "#api/core/v1/pod.ts";
import { planNamespaceStatus, type Remaining } from "./namespace.plan.ts";
import { at, meta, start } from "./objects.fixture.ts";

const namespace: Namespace = { apiVersion: "v1", kind: "Namespace", metadata: meta("gone"), spec: {} };
const said = (remaining: readonly Remaining[], failure?: string, now = start, of = namespace) =>
  planNamespaceStatus(of, remaining, failure, now).conditions ?? [];
const by = (conditions: ReturnType<typeof said>, type: string) => {
  const { status, reason, message } = conditions.find((condition) => condition.type === type) ?? {};
  return [status, reason, message];
};

test("says what is left and what holds it", () => {
  const conditions = said([
    { resource: Pods, count: 2, finalizers: new Map([["a/b", 1]]) },
    { resource: Deployments, count: 1, finalizers: new Map([["a/b", 1]]) },
  ]);
  assert.deepEqual(by(conditions, "NamespaceContentRemaining"), [
    "True",
    "SomeResourcesRemain",
    "Some resources are remaining: deployments.apps has 1 resource instances, pods. has 2 resource instances",
  ]);
  assert.deepEqual(by(conditions, "NamespaceFinalizersRemaining"), [
    "True",
    "SomeFinalizersRemain",
    "Some content in the namespace has finalizers remaining: a/b in 2 resource instances",
  ]);
  assert.deepEqual(by(conditions, "NamespaceDeletionContentFailure").slice(0, 2), ["False", "ContentDeleted"]);
});

test("times say since when", () => {
  const before = said([], undefined, start);
  const after = said([], "no", start + 5000, { ...namespace, status: { conditions: before } });
  const times = Object.fromEntries(after.map(({ type, lastTransitionTime }) => [type, lastTransitionTime]));
  assert.equal(times.NamespaceContentRemaining, at(0));
  assert.equal(times.NamespaceDeletionContentFailure, at(5));
});
