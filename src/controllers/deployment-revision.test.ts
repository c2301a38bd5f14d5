import assert from "node:assert/strict";
import { test } from "node:test";
import {
  annotations,
  findNewSet,
  newReplicaSet,
  setsToForget,
  templateHash,
  wantedAnnotations,
} from "./deployment-revision.plan.ts";
import { deployment, meta, replicaSet, template } from "./objects.fixture.ts";

const revision = (n: number) => ({ annotations: { [annotations.revision]: String(n) } });

test("the hash depends on the template and the collisions alone, and reads as no word", () => {
  const hash = templateHash(template("a"));
  assert.equal(templateHash(structuredClone(template("a"))), hash);
  assert.notEqual(templateHash(template("b")), hash);
  assert.notEqual(templateHash(template("a"), 1), hash);
  assert.match(hash, /^[bcdfghjklmnpqrstvwxz2456789]{6,10}$/);
});

test("the order of a template's fields is no difference", () => {
  const { metadata, spec } = template("a");
  assert.equal(templateHash({ spec, metadata }), templateHash({ metadata, spec }));
});

test("the set of a template is found whatever its hash", () => {
  const marked = replicaSet("marked", 1, { image: "new" });
  marked.spec.template!.metadata!.labels = { app: "web", "pod-template-hash": "abc" };
  const later = replicaSet("later", 1, { image: "new", created: 5 });
  assert.equal(findNewSet(deployment(1), [later, replicaSet("other", 1), marked])?.metadata.name, "marked");
});

test("a new set takes over annotations, gets the next revision and the sizes it was made for", () => {
  const d = deployment(
    4,
    {},
    {
      metadata: meta("web", {
        annotations: { "kubernetes.io/change-cause": "v2", "kubectl.kubernetes.io/last-applied-configuration": "{}" },
      }),
    },
  );
  const draft = newReplicaSet(d, [replicaSet("old", 1, revision(3))], 2);
  const hash = templateHash(d.spec.template);
  assert.equal(draft.metadata?.name, `web-${hash}`);
  assert.deepEqual(draft.metadata?.annotations, {
    "kubernetes.io/change-cause": "v2",
    [annotations.revision]: "4",
    [annotations.desiredReplicas]: "4",
    [annotations.maxReplicas]: "5",
  });
  assert.deepEqual(draft.spec?.selector, { matchLabels: { app: "web", "pod-template-hash": hash } });
  assert.deepEqual(draft.spec?.template?.metadata?.labels, { app: "web", "pod-template-hash": hash });
  assert.equal(draft.spec?.replicas, 2);
});

test("a set that comes back gets the newest revision and remembers those it had", () => {
  const back = replicaSet("back", 0, revision(1));
  const once = wantedAnnotations(deployment(1), back, [replicaSet("old", 1, revision(2))]);
  assert.deepEqual(once, { [annotations.revision]: "3", [annotations.revisionHistory]: "1" });
  const again = wantedAnnotations(deployment(1), { ...back, metadata: { ...back.metadata, annotations: once } }, [
    replicaSet("old", 1, revision(4)),
  ]);
  assert.equal(again[annotations.revisionHistory], "1,3");
});

test("past the history limit the oldest revisions go, but none that has pods or lags", () => {
  const d = deployment(1, { revisionHistoryLimit: 1 });
  const old = [
    replicaSet("r3", 0, revision(3)),
    replicaSet("r1", 0, revision(1)),
    replicaSet("r2", 1, revision(2)),
    replicaSet("r0", 0, { ...revision(0), status: { observedGeneration: 0 } }),
  ];
  assert.deepEqual(
    setsToForget(d, old).map(({ metadata }) => metadata.name),
    ["r1"],
  );
});
