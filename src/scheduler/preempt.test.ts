import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "#api/core/v1/pod.ts";
import type { PodDisruptionBudget } from "#api/policy/v1/pod-disruption-budget.ts";
import { assign } from "./assign.ts";
import { type ClusterView, podInfo } from "./cluster-view.ts";
import { defaultPlugins } from "./default-plugins.ts";
import { answer, node, place, pod, viewOf } from "./placing.fixture.ts";
import { notEligible, preempt } from "./preempt.ts";

/** `victims@node`, the victims by the label `app`. */
function tried(view: ClusterView, candidate: Pod, budgets: PodDisruptionBudget[] = []): string {
  const info = podInfo(candidate);
  const refused = assign(info, view, { plugins: defaultPlugins, tie: () => 0 });
  assert.equal(refused.node, undefined);
  const found = preempt(info, view, refused as Exclude<typeof refused, { node: string }>, {
    plugins: defaultPlugins,
    budgets,
  });
  return found ? `${found.victims.map((victim) => victim.pod.metadata.labels?.app).join(",")}@${found.node}` : "nobody";
}

const running = (view: ClusterView, on: string, app: string, cpu: string, priority: number, more: object = {}) =>
  view.setPod(pod({ nodeName: on, priority, ...more }, { cpu, labels: { app } }));
const important = (cpu = "1", spec: object = {}) => pod({ priority: 100, ...spec }, { cpu });

test("the less important makes room, and no more of it than is needed", () => {
  const view = viewOf([node("a")]);
  running(view, "a", "low", "600m", 1);
  running(view, "a", "lower", "600m", 0);
  running(view, "a", "mid", "700m", 50);
  assert.equal(tried(view, important("500m")), "lower@a");
  assert.equal(tried(view, important("1")), "lower,low@a");
  assert.equal(tried(view, important("3")), "nobody", "the node is too small whoever goes");
  assert.equal(tried(view, pod({ priority: 0 }, { cpu: "1" })), "nobody", "equals do not push each other away");
});

test("of several nodes the one that is harmed least", () => {
  const view = viewOf([node("a"), node("b"), node("c")]);
  running(view, "a", "mid", "2", 50);
  running(view, "b", "low", "2", 5);
  running(view, "c", "small-1", "1", 5);
  running(view, "c", "small-2", "1", 5);
  assert.equal(tried(view, important("2")), "low@b");
});

test("a disruption budget is respected where there is a choice", () => {
  const view = viewOf([node("a"), node("b")]);
  running(view, "a", "guarded", "2", 1);
  running(view, "b", "free", "2", 10);
  const budget = (disruptionsAllowed: number) =>
    ({
      metadata: { namespace: "d", name: "g" },
      spec: { selector: { matchLabels: { app: "guarded" } } },
      status: { disruptionsAllowed },
    }) as unknown as PodDisruptionBudget;
  assert.equal(tried(view, important("2"), [budget(0)]), "free@b");
  assert.equal(tried(view, important("2"), [budget(1)]), "guarded@a");
});

test("what removing pods cannot change is no reason to remove any", () => {
  const view = viewOf([node("a", { spec: { unschedulable: true } })]);
  running(view, "a", "low", "2", 0);
  assert.equal(tried(view, important()), "nobody");
});

test("a port, and a neighbour who wants to be alone, can be made free", () => {
  const ports = { containers: [{ name: "c", ports: [{ containerPort: 80, hostPort: 80, protocol: "TCP" }] }] };
  const view = viewOf([node("a")]);
  running(view, "a", "holder", "100m", 0, ports);
  assert.equal(tried(view, pod({ priority: 9, ...ports })), "holder@a");
  const term = { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: { app: "holder" } } };
  const alone = { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } };
  assert.equal(tried(view, pod({ priority: 9, ...alone })), "holder@a");
});

test("room that is being made is kept for whom it is made, except for the more important", () => {
  const view = viewOf([node("a")]);
  const waiting = podInfo(important("2"));
  view.nominate(waiting, "a");
  assert.match(answer(place(view, pod({ priority: 5 }, { cpu: "500m" }))), /1 Insufficient cpu/);
  assert.equal(answer(place(view, pod({ priority: 500 }, { cpu: "500m" }))), "a");
  assert.match(answer(place(view, waiting.pod)), /Insufficient cpu/);
});

test("who is polite, or waits already for somebody to go, pushes nobody away", () => {
  const view = viewOf([node("a")]);
  const polite = important("1", { preemptionPolicy: "Never" });
  assert.equal(notEligible(podInfo(polite), view), "not eligible due to preemptionPolicy=Never.");
  const leaving = pod({ nodeName: "a", priority: 0 }, { cpu: "2" });
  leaving.metadata.deletionTimestamp = "2030-01-01T00:00:00Z";
  view.setPod(leaving);
  const nominated = pod({ priority: 100 }, { status: { nominatedNodeName: "a" } });
  assert.equal(notEligible(podInfo(nominated), view), "not eligible due to terminating pod on the nominated node.");
  assert.equal(notEligible(podInfo(important()), view), undefined);
});
