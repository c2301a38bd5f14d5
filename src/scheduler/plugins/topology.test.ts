import assert from "node:assert/strict";
import { test } from "node:test";
import { answer, node, place, pod, viewOf } from "../placing.fixture.ts";

const host = "kubernetes.io/hostname";
const zone = "topology.kubernetes.io/zone";
const inZone = (name: string, at: string) => node(name, { labels: { [zone]: at } });
const selector = (app: string) => ({ labelSelector: { matchLabels: { app } } });
const near = (app: string, key = host, more: object = {}) => ({
  affinity: {
    podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: key, ...selector(app), ...more }] },
  },
});
const far = (app: string, key = host) => ({
  affinity: {
    podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: key, ...selector(app) }] },
  },
});
const app = (name: string, namespace = "d") => ({ labels: { app: name }, namespace });

test("a pod goes where the pods are that it wants to be near, by node and by zone", () => {
  const view = viewOf([inZone("a", "east"), inZone("b", "west"), inZone("c", "west")]);
  assert.equal(answer(place(view, pod({ nodeName: "" }, app("db")))), "a");
  assert.equal(answer(place(view, pod(near("db")))), "a");
  const west = pod({ nodeSelector: { [host]: "b" } }, app("cache"));
  assert.equal(answer(place(view, west)), "b");
  assert.equal(answer(place(view, pod({ ...near("cache", zone), nodeSelector: { [host]: "c" } }))), "c");
  assert.match(
    answer(place(view, pod(near("nobody")))),
    /3 node\(s\) didn't match pod affinity rules\. preemption: 0\/3 nodes are available: 3 Preemption is not helpful/,
  );
});

test("the first pod of a group that wants to be together finds a place; the others follow it", () => {
  const view = viewOf([node("a"), node("b"), node("c")]);
  const places = [1, 2, 3].map(() => answer(place(view, pod(near("web"), app("web")))));
  assert.equal(new Set(places).size, 1);
});

test("pods stay away from each other, whichever of them came first", () => {
  const view = viewOf([node("a"), node("b")]);
  const places = [1, 2].map(() => answer(place(view, pod(far("web"), app("web")))));
  assert.deepEqual(places.toSorted(), ["a", "b"]);
  assert.match(answer(place(view, pod(far("web"), app("web")))), /2 node\(s\) didn't match pod anti-affinity rules/);
  assert.match(
    answer(place(view, pod({}, app("web")))),
    /2 node\(s\) didn't satisfy existing pods anti-affinity rules/,
    "the newcomer wants nothing, but those who are there do",
  );
  assert.match(answer(place(view, pod({}, app("other")))), /^[ab]$/);
});

test("other namespaces count when they are named or chosen by label", () => {
  const labels: Record<string, Record<string, string>> = { e: { team: "x" }, f: { team: "y" } };
  const view = viewOf([node("a"), node("b")], { namespaceLabels: (name) => labels[name] });
  place(view, pod({ nodeSelector: { [host]: "b" } }, app("db", "e")));
  assert.match(answer(place(view, pod(near("db")))), /didn't match pod affinity rules/);
  assert.equal(answer(place(view, pod(near("db", host, { namespaces: ["e"] })))), "b");
  const chosen = (team: string) => near("db", host, { namespaceSelector: { matchLabels: { team } } });
  assert.equal(answer(place(view, pod(chosen("x")))), "b");
  assert.match(answer(place(view, pod(chosen("y")))), /didn't match pod affinity rules/);
});

test("preferences weigh, and do not forbid", () => {
  const view = viewOf([node("a"), node("b")]);
  place(view, pod({ nodeSelector: { [host]: "b" } }, app("db")));
  const term = { weight: 100, podAffinityTerm: { topologyKey: host, ...selector("db") } };
  const prefer = (kind: string) => ({
    affinity: { [kind]: { preferredDuringSchedulingIgnoredDuringExecution: [term] } },
  });
  assert.equal(answer(place(view, pod(prefer("podAffinity")))), "b");
  assert.equal(answer(place(view, pod(prefer("podAntiAffinity")))), "a");
});

const spread = (more: object = {}) => ({
  topologySpreadConstraints: [
    { maxSkew: 1, topologyKey: zone, whenUnsatisfiable: "DoNotSchedule", ...selector("web"), ...more },
  ],
});

test("pods spread over zones within the skew that is allowed", () => {
  const view = viewOf([inZone("a", "east"), inZone("b", "west"), node("c")]);
  const places = [1, 2, 3, 4].map(() => answer(place(view, pod(spread(), app("web")))));
  assert.deepEqual(places.toSorted(), ["a", "a", "b", "b"]);
  const onlyEast = { ...spread(), nodeSelector: { [host]: "a" } };
  assert.equal(answer(place(view, pod({ ...onlyEast }, app("web")))), "a", "nodes that the pod excludes do not count");
  const ignoring = { ...spread({ nodeAffinityPolicy: "Ignore" }), nodeSelector: { [host]: "a" } };
  const message = answer(place(view, pod(ignoring, app("web"))));
  assert.match(message, /1 node\(s\) didn't match pod topology spread constraints/);
  const unlabelled = answer(place(viewOf([node("c")]), pod(spread(), app("web"))));
  assert.match(unlabelled, /1 node\(s\) didn't match pod topology spread constraints \(missing required label\)/);
});

test("as long as there are fewer domains than there should be, each takes only its first pods", () => {
  const view = viewOf([inZone("a", "east")]);
  const constrained = () => pod(spread({ minDomains: 2 }), app("web"));
  assert.equal(answer(place(view, constrained())), "a");
  assert.match(answer(place(view, constrained())), /didn't match pod topology spread constraints/);
});

test("with ScheduleAnyway the emptier domain is liked better", () => {
  const view = viewOf([inZone("a", "east"), inZone("b", "west")]);
  place(view, pod({ nodeSelector: { [host]: "a" } }, app("web")));
  assert.equal(answer(place(view, pod(spread({ whenUnsatisfiable: "ScheduleAnyway" }), app("web")))), "b");
});

test("a node that has the image already is liked better", () => {
  const images = [{ names: ["docker.io/library/app:latest"], sizeBytes: 900 * 2 ** 20 }];
  const view = viewOf([node("a"), node("b", { images })]);
  assert.equal(answer(place(view, pod())), "b");
});
