import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, encode } from "./codec.ts";
import type { Written } from "./messages.ts";
import { containerOf, sandboxOf, statsOf } from "./states.ts";

const status = (written: Written<"ContainerStatus">) =>
  containerOf(decode("ContainerStatus", encode("ContainerStatus", { id: "c1", ...written })));

test("an end has its code, its signal by the shell's convention, and a reason", () => {
  const exited = { state: "CONTAINER_EXITED", started_at: 1e15, finished_at: 2e15 } as const;
  for (const [given, expected] of [
    [{ exit_code: 0 }, { exitCode: 0, reason: "Completed" }],
    [{ exit_code: 3 }, { exitCode: 3, reason: "Error" }],
    [{ exit_code: 143 }, { exitCode: 143, signal: 15, reason: "Error" }],
    [
      { exit_code: 137, reason: "OOMKilled" },
      { exitCode: 137, signal: 9, reason: "OOMKilled" },
    ],
    [{ exit_code: 255 }, { exitCode: 255, reason: "Error" }],
  ] as const) {
    const { exitCode, signal, reason } = status({ ...exited, ...given });
    assert.deepEqual({ exitCode, ...(signal && { signal }), reason }, expected);
  }
});

test("what has not happened is missing", () => {
  const running = status({ state: "CONTAINER_RUNNING", created_at: 5e15, started_at: 6e15 });
  assert.deepEqual(
    [running.state, running.createdAt, running.startedAt, "finishedAt" in running, "exitCode" in running],
    ["running", 5e9, 6e9, false, false],
  );
  assert.equal("startedAt" in status({ state: "CONTAINER_CREATED" }), false);
});

test("a sandbox has its addresses, the primary one first, and its containers in the order they were made", () => {
  const sandbox = decode(
    "PodSandboxStatus",
    encode("PodSandboxStatus", {
      id: "s1",
      metadata: { attempt: 3 },
      labels: { "io.kubernetes.pod.name": "p", "io.kubernetes.pod.namespace": "ns", "io.kubernetes.pod.uid": "u" },
      network: { ip: "10.0.0.2", additional_ips: [{ ip: "fd00::2" }] },
    }),
  );
  const [late, early] = [status({ id: "late", created_at: 2e15 }), status({ id: "early", created_at: 1e15 })];
  const found = sandboxOf(sandbox, [late, early]);
  assert.deepEqual(found.ips, ["10.0.0.2", "fd00::2"]);
  assert.deepEqual(found.containers, [early, late]);
  assert.deepEqual([found.ready, found.attempt, found.pod], [true, 3, { name: "p", namespace: "ns", uid: "u" }]);
});

test("usage is grouped by sandbox; what has none yet is left out", () => {
  const usage = (id: string, cpu?: number) =>
    decode(
      "ContainerStats",
      encode("ContainerStats", {
        attributes: { id, metadata: { name: `name-of-${id}` }, labels: { "io.kubernetes.pod.uid": "u" } },
        ...(cpu && { cpu: { timestamp: 3e15, usage_core_nano_seconds: { value: cpu } } }),
        memory: { working_set_bytes: { value: 4096 } },
      }),
    );
  const sandboxes = new Map([
    ["a", "s1"],
    ["b", "s1"],
    ["c", "s2"],
  ]);
  const stats = statsOf([usage("a", 5), usage("b", 6), usage("c"), usage("unknown", 7)], sandboxes);
  assert.deepEqual(stats, [
    {
      sandboxId: "s1",
      pod: { name: "", namespace: "", uid: "u" },
      containers: [
        { name: "name-of-a", at: 3e9, cpuNanoseconds: 5, memoryWorkingSetBytes: 4096 },
        { name: "name-of-b", at: 3e9, cpuNanoseconds: 6, memoryWorkingSetBytes: 4096 },
      ],
    },
  ]);
});
