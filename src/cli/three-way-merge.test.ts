import assert from "node:assert/strict";
import { test } from "node:test";
import { Deployment } from "#api/apps/v1/deployment.ts";
import { threeWayMerge } from "./three-way-merge.ts";

const deployment = (containers: object[], spec: object = {}) => ({
  spec: { ...spec, template: { spec: { containers } } },
});

test("what others set stays, what the manifest dropped goes", () => {
  const last = { metadata: { labels: { a: "1", b: "2" } } };
  const wanted = { metadata: { labels: { a: "1" } } };
  const live = { metadata: { uid: "u", labels: { a: "0", b: "2", theirs: "x" } }, status: { phase: "on" } };
  assert.deepEqual(threeWayMerge(Deployment, last, wanted, live), {
    metadata: { uid: "u", labels: { a: "1", theirs: "x" } },
    status: { phase: "on" },
  });
});

test("list items are matched by their key: a sidecar that was injected stays, a container that was dropped goes", () => {
  const last = deployment(
    [
      { name: "web", image: "a:1", command: ["x"] },
      { name: "old", image: "o" },
    ],
    { replicas: 3 },
  );
  const wanted = deployment([{ name: "web", image: "a:2" }]);
  const live = deployment(
    [
      { name: "web", image: "a:1", command: ["x"], imagePullPolicy: "Always" },
      { name: "old", image: "o" },
      { name: "sidecar", image: "s" },
    ],
    { replicas: 5 },
  );
  assert.deepEqual(
    threeWayMerge(Deployment, last, wanted, live),
    deployment([
      { name: "web", image: "a:2", imagePullPolicy: "Always" },
      { name: "sidecar", image: "s" },
    ]),
  );
});

test("atomic lists and plain values are taken from the manifest", () => {
  const wanted = deployment([{ name: "web", args: ["b"] }]);
  const live = deployment([{ name: "web", args: ["a", "c"] }]);
  assert.deepEqual(threeWayMerge(Deployment, undefined, wanted, live), wanted);
});

test("a port without protocol is the TCP port that the server has", () => {
  const wanted = deployment([{ name: "web", ports: [{ containerPort: 80, name: "http" }] }]);
  const live = deployment([{ name: "web", ports: [{ containerPort: 80, protocol: "TCP" }] }]);
  assert.deepEqual(
    threeWayMerge(Deployment, undefined, wanted, live),
    deployment([{ name: "web", ports: [{ containerPort: 80, protocol: "TCP", name: "http" }] }]),
  );
});
