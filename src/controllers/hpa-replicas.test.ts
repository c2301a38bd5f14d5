import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "#api/core/v1/pod.ts";
import { type PodUsage, type Question, replicasForUtilization, replicasForValue } from "./hpa-replicas.plan.ts";
import { at, pod, start } from "./objects.fixture.ts";

const now = start + 3600_000;
/** Requests one core and one Gi; ready for long. */
function worker(name: string, options: Parameters<typeof pod>[1] = {}): Pod {
  const resources = { requests: { cpu: "1", memory: "1Ki" } };
  const made = pod(name, { spec: { containers: [{ name: "main", resources }] }, ...options });
  return { ...made, status: { ...made.status, startTime: at(0) } };
}
const usage = (values: Record<string, number>): ReadonlyMap<string, PodUsage> =>
  new Map(
    Object.entries(values).map(([name, cpu]) => [
      name,
      { at: now - 5000, windowMs: 30_000, containers: new Map([["main", { cpu, memory: cpu }]]) },
    ]),
  );
const ask = (pods: readonly Pod[], values: Record<string, number>, rest: Partial<Question> = {}): Question => ({
  resource: "cpu",
  pods,
  usage: usage(values),
  current: pods.length,
  tolerances: { up: 0.1, down: 0.1 },
  now,
  ...rest,
});
const abc = ["a", "b", "c"].map((name) => worker(name));

test("as many as bring the mean to the target, rounded up", () => {
  const { replicas, utilization, average } = replicasForUtilization(ask(abc, { a: 300, b: 500, c: 700 }), 30);
  assert.deepEqual([replicas, utilization, average], [5, 50, 500]);
  assert.equal(replicasForUtilization(ask(abc, { a: 100, b: 100, c: 100 }), 50).replicas, 1);
});

test("a tenth more or less is near enough", () => {
  assert.equal(replicasForUtilization(ask(abc, { a: 545, b: 545, c: 545 }), 50).replicas, 3);
  assert.equal(replicasForUtilization(ask(abc, { a: 460, b: 460, c: 460 }), 50).replicas, 3);
  assert.equal(replicasForUtilization(ask(abc, { a: 560, b: 560, c: 560 }), 50).replicas, 4);
  const strict = { tolerances: { up: 0, down: 0.1 } };
  assert.equal(replicasForUtilization(ask(abc, { a: 520, b: 520, c: 520 }, strict), 50).replicas, 4);
});

test("who is not measured counts as idle on the way up, as fully used on the way down", () => {
  assert.equal(replicasForUtilization(ask(abc, { a: 900, b: 900 }), 50).replicas, 4, "1800 of 3000 is 60 %");
  assert.equal(replicasForUtilization(ask(abc, { a: 100, b: 100 }), 50).replicas, 3, "1200 of 3000 would be 40 %: 3");
  assert.equal(replicasForUtilization(ask(abc, { a: 520, b: 580 }), 50).replicas, 3, "the guess turns the direction");
});

test("pods that are not ready do not speed things up", () => {
  const young = { ...worker("young"), status: { ...worker("young", { ready: false }).status, startTime: at(3500) } };
  const waiting = worker("waiting", { phase: "Pending" });
  const pods = [worker("a"), young, waiting];
  assert.equal(
    replicasForUtilization(ask(pods, { a: 900, young: 900 }), 50).replicas,
    3,
    "900 of 3000 is less than 50 %",
  );
  assert.equal(
    replicasForUtilization(ask(pods, { a: 100, young: 900 }), 50).replicas,
    1,
    "only ready ones on the way down",
  );
  const memory = ask([worker("a"), young], { a: 900, young: 900 }, { resource: "memory" });
  assert.equal(replicasForValue(memory, 450).replicas, 4, "memory is used whether ready or not");
});

test("departing and failed pods do not count", () => {
  const pods = [worker("a"), worker("f", { phase: "Failed" }), worker("d", { meta: { deletionTimestamp: at(1) } })];
  assert.equal(replicasForUtilization(ask(pods, { a: 900, f: 900, d: 900 }, { current: 1 }), 50).replicas, 2);
});

test("the mean value of each pod", () => {
  const { replicas, average, utilization } = replicasForValue(ask(abc, { a: 100, b: 200, c: 300 }), 100);
  assert.deepEqual([replicas, average, utilization], [6, 200, undefined]);
});

test("what cannot be known is said", () => {
  const plain = pod("plain");
  const question = ask([plain], { plain: 5 }, { resource: "memory" });
  assert.throws(() => replicasForUtilization(question, 50), {
    message: "missing request for memory in container main of Pod plain",
  });
  assert.throws(() => replicasForValue(ask(abc, {}), 50), {
    message: "did not receive metrics for targeted pods (pods might be unready)",
  });
});

test("one container of each pod", () => {
  const containers = [
    { name: "main", resources: { requests: { cpu: "1" } } },
    { name: "proxy", resources: { requests: { cpu: "200m" } } },
  ];
  const each = { ...worker("a"), spec: { containers } } as Pod;
  const used = new Map([
    ["main", { cpu: 100 }],
    ["proxy", { cpu: 190 }],
  ]);
  const measured = new Map([["a", { at: now - 5000, windowMs: 30_000, containers: used }]]);
  const question = ask([each], {}, { usage: measured, container: "proxy" });
  assert.deepEqual(replicasForUtilization(question, 50), { replicas: 2, utilization: 95, average: 190 });
});
