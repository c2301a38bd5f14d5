import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { promisify } from "node:util";
import { Pods } from "#api/catalog.ts";
import { testCluster } from "#testing/test-cluster.ts";
import { newKubectl, oldKubectl } from "../support/clients.ts";

const figures = (container: string, cpu: string, memory: string) => ({
  [`simulated.minik8s.io/cpu.${container}`]: cpu,
  [`simulated.minik8s.io/memory.${container}`]: memory,
});

for (const [version, program] of [
  ["1.20", oldKubectl],
  ["1.35", newKubectl],
] as const) {
  test(`kubectl ${version} top`, async () => {
    await using cluster = await testCluster({ http: true });
    await cluster.client.create(Pods, {
      metadata: {
        name: "web",
        namespace: "default",
        labels: { app: "web" },
        annotations: { ...figures("main", "1250m", "100Mi"), ...figures("side", "50m", "28Mi") },
      },
      spec: {
        containers: [
          { name: "main", image: "x" },
          { name: "side", image: "x" },
        ],
      },
    });
    const run = promisify(execFile);
    const kubectl = async (command: string) => {
      const env = { KUBECONFIG: cluster.kubeconfig, HOME: tmpdir() };
      const { stdout, stderr } = await run(program(), command.split(" "), { env, timeout: 20_000 });
      return `${stdout}${stderr}`
        .trim()
        .split("\n")
        .map((line) => line.trim().split(/\s+/).join(" "));
    };
    await cluster.settle();
    await cluster.advance(30_000);
    assert.deepEqual((await kubectl("top pod --no-headers"))[0], "web 1300m 128Mi");
    assert.deepEqual(await kubectl("top pod -l app=web --containers --no-headers"), [
      "web main 1250m 100Mi",
      "web side 50m 28Mi",
    ]);
    assert.deepEqual((await kubectl("top node --no-headers"))[0], "node-1 1300m 4% 128Mi 0%");
    assert.match((await kubectl("top pod -l app=none")).join(), /No resources found/);
    assert.match((await kubectl("get pods.metrics.k8s.io"))[1] ?? "", /^web 1300m 128Mi 10s$/);
    assert.deepEqual(await kubectl("api-resources --api-group=metrics.k8s.io --no-headers -o name"), [
      "nodes.metrics.k8s.io",
      "pods.metrics.k8s.io",
    ]);
  });
}
