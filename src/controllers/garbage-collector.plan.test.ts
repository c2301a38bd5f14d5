import assert from "node:assert/strict";
import { test } from "node:test";
import { type OwnerState, planCollection } from "./garbage-collector.plan.ts";
import { at, meta, pod } from "./objects.fixture.ts";

const owners = (...states: OwnerState[]) =>
  states.map((state, i) => ({ reference: { apiVersion: "v1", kind: "X", name: `o${i}`, uid: `u${i}` }, state }));
const nothing = { do: "nothing" };
const background = { do: "delete", policy: "Background", unblock: false };

test("an object stays for the sake of any owner, and loses those that are gone", () => {
  assert.deepEqual(planCollection(pod("p"), owners("solid"), []), nothing);
  assert.deepEqual(planCollection(pod("p"), [], []), nothing);
  assert.deepEqual(planCollection(pod("p"), owners("absent", "solid", "waiting"), []), {
    do: "removeReferences",
    uids: ["u0", "u2"],
  });
});

test("without owners it goes; in the foreground when an owner waits for what it owns itself", () => {
  assert.deepEqual(planCollection(pod("p"), owners("absent", "absent"), []), background);
  assert.deepEqual(planCollection(pod("p"), owners("waiting"), []), background);
  assert.deepEqual(planCollection(pod("p"), owners("waiting"), [pod("child")]), {
    do: "delete",
    policy: "Foreground",
    unblock: false,
  });
});

test("a circle of owners that wait for each other is opened", () => {
  const waits = pod("child", { meta: { deletionTimestamp: at(1), finalizers: ["foregroundDeletion"] } });
  assert.deepEqual(planCollection(pod("p"), owners("waiting"), [waits]), {
    do: "delete",
    policy: "Foreground",
    unblock: true,
  });
});

test("finalizers that ask for a way of deletion are kept to", () => {
  const orphaning = { ...pod("p"), metadata: meta("p", { finalizers: ["orphan"] }) };
  assert.deepEqual(planCollection(orphaning, owners("absent"), []), { do: "delete", policy: "Orphan", unblock: false });
});

test("nothing is done on a guess, nor twice", () => {
  assert.deepEqual(planCollection(pod("p"), owners("absent", "unknown"), []), nothing);
  assert.deepEqual(planCollection(pod("p", { meta: { deletionTimestamp: at(1) } }), owners("absent"), []), nothing);
});
