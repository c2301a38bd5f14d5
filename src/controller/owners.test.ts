import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject, ObjectMeta } from "#api/meta/object-meta.ts";
import { fromLabels } from "#api/meta/selector.ts";
import { planClaims } from "./owners.ts";

const object = (name: string, rest: Partial<ObjectMeta> = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, uid: name, resourceVersion: "1", creationTimestamp: "", labels: { app: "web" }, ...rest },
});
const managedBy = (uid: string): Pick<ObjectMeta, "ownerReferences"> => ({
  ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: uid, uid, controller: true }],
});
const candidates = [
  object("mine", managedBy("me")),
  object("mine-but-other-labels", { ...managedBy("me"), labels: {} }),
  object("another's", managedBy("you")),
  object("orphan"),
  object("orphan-with-other-labels", { labels: {} }),
  object("orphan-that-leaves", { deletionTimestamp: "2030-01-01T00:00:00Z" }),
];
const claims = (owner: KubeObject) => {
  const plan = planClaims(owner, fromLabels({ app: "web" }), candidates);
  const names = (objects: readonly KubeObject[]) => objects.map(({ metadata }) => metadata.name);
  return { keep: names(plan.keep), adopt: names(plan.adopt), release: names(plan.release) };
};

test("an owner keeps and adopts what it selects, and lets go of the rest", () => {
  assert.deepEqual(claims(object("me")), { keep: ["mine"], adopt: ["orphan"], release: ["mine-but-other-labels"] });
});

test("an owner that is being deleted neither adopts nor releases", () => {
  const going = object("me", { deletionTimestamp: "2030-01-01T00:00:00Z" });
  assert.deepEqual(claims(going), { keep: ["mine"], adopt: [], release: [] });
});
