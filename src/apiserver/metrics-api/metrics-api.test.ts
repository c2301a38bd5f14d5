import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSamples } from "./parse-samples.ts";
import { UsageHistory } from "./usage-history.ts";

const text = (at: number, seconds: number, { started = 0, bytes = 2048, pod = "web" } = {}) => `# HELP x y
container_cpu_usage_seconds_total{container="c",namespace="d",pod="${pod}"} ${seconds} ${at}
container_memory_working_set_bytes{container="c",namespace="d",pod="${pod}"} ${bytes} ${at}
container_start_time_seconds{container="c",namespace="d",pod="${pod}"} ${started}
container_cpu_usage_seconds_total{container="half",namespace="d",pod="${pod}"} 1 ${at}
node_cpu_usage_seconds_total ${seconds * 2} ${at}
node_memory_working_set_bytes ${bytes} ${at}
scrape_error 0
`;

test("samples are read by their labels; a container without all of its figures is left out", () => {
  const { node, containers } = parseSamples(text(5000, 1.5));
  assert.deepEqual(node, { at: 5000, cpuNanoseconds: 3e9, memoryBytes: 2048 });
  assert.deepEqual(
    containers.map((each) => ({ ...each })),
    [
      {
        namespace: "d",
        pod: "web",
        container: "c",
        at: 5000,
        cpuNanoseconds: 1.5e9,
        memoryBytes: 2048,
        startedAt: 0,
      },
    ],
  );
});

const historyOf = (...texts: string[]) => {
  const history = new UsageHistory();
  for (const each of texts) history.take("n", parseSamples(each));
  return history;
};
const cores = (history: UsageHistory) => history.pod("n", "d", "web")?.get("c")?.nanoCores;

test("two samples make figures, one does not", () => {
  const once = historyOf(text(100_000, 1));
  assert.equal(once.node("n"), undefined);
  assert.equal(once.pod("n", "d", "web"), undefined);
  const twice = historyOf(text(100_000, 1), text(110_000, 2));
  assert.deepEqual(twice.node("n"), { at: 110_000, windowMs: 10_000, nanoCores: 2e8, memoryBytes: 2048 });
  assert.equal(cores(twice), 1e8);
  assert.equal(cores(historyOf(text(100_000, 1), text(110_000, 2), text(110_000, 2))), 1e8, "the same sample again");
});

test("a young container is measured from its start, a restarted one does not go below nothing", () => {
  assert.equal(cores(historyOf(text(100_000, 2, { started: 80 }))), 1e8);
  assert.equal(cores(historyOf(text(100_000, 2, { started: 95 }))), undefined);
  assert.equal(cores(historyOf(text(100_000, 50), text(110_000, 1, { started: 105 }))), undefined);
  assert.equal(cores(historyOf(text(100_000, 50), text(110_000, 1))), undefined);
});

test("what is not in the last sample has no figures any more", () => {
  const history = historyOf(text(100_000, 1), text(110_000, 2), text(120_000, 3, { pod: "other" }));
  assert.equal(history.pod("n", "d", "web"), undefined);
  history.forget("n");
  assert.equal(history.node("n"), undefined);
  assert.deepEqual(history.nodes(), []);
});
