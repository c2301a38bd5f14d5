import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { type TestCluster, testCluster } from "#testing/test-cluster.ts";
import { newKubectl, oldKubectl } from "../support/clients.ts";

const manifest = (image: string) =>
  JSON.stringify({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web" },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: "web" } },
      template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "main", image }] } },
    },
  });

type Kubectl = (command: string, input?: string) => Promise<string>;

function kubectlFor(program: string, cluster: TestCluster): Kubectl {
  const run = promisify(execFile);
  return async (command, input) => {
    const running = run(program, command.split(" "), {
      env: { KUBECONFIG: cluster.kubeconfig, HOME: tmpdir() },
      timeout: 20_000,
    });
    running.child.stdin?.end(input);
    return (await running).stdout;
  };
}

for (const [version, program] of [
  ["1.20", oldKubectl],
  ["1.35", newKubectl],
] as const) {
  describe(`kubectl ${version} rollout`, () => {
    test("status, history, undo, restart, pause, resume and scale", async () => {
      await using cluster = await testCluster({ http: true, nodes: 2 });
      const kubectl = kubectlFor(program(), cluster);
      await kubectl("apply -f -", manifest("web:1"));
      await kubectl("annotate deploy/web kubernetes.io/change-cause=first");
      const watching = kubectl("rollout status deploy/web");
      await cluster.settle();
      assert.match(await watching, /deployment "web" successfully rolled out/);

      await kubectl("set image deploy/web main=web:2");
      await kubectl("annotate --overwrite deploy/web kubernetes.io/change-cause=second");
      await cluster.settle();
      assert.match(await kubectl("rollout history deploy/web"), /1 +first\n2 +second/);
      assert.match(await kubectl("rollout history deploy/web --revision=1"), /Image:\s+web:1/);

      await kubectl("rollout undo deploy/web");
      await cluster.settle();
      assert.match(await kubectl("rollout history deploy/web"), /2 +second\n3 +first/);
      assert.equal(await kubectl("get deploy web -o jsonpath={.spec.template.spec.containers[0].image}"), "web:1");

      const names = await kubectl("get pods -o name");
      await kubectl("rollout restart deploy/web");
      await cluster.settle();
      assert.match(await kubectl("rollout status deploy/web"), /successfully rolled out/);
      assert.notEqual(await kubectl("get pods -o name"), names);

      await kubectl("rollout pause deploy/web");
      await kubectl("set image deploy/web main=web:3");
      await kubectl("scale deploy/web --replicas=5");
      await cluster.settle();
      const images = () => kubectl("get pods -o jsonpath={.items[*].spec.containers[0].image}");
      assert.equal(await images(), "web:1 web:1 web:1 web:1 web:1");
      await kubectl("rollout resume deploy/web");
      await cluster.settle();
      assert.equal(await images(), "web:3 web:3 web:3 web:3 web:3");
      assert.match(await kubectl("get deploy web --no-headers"), /^web +5\/5 +5 +5 /);
      assert.match(await kubectl("describe deploy web"), /Scaled up replica set web-[a-z0-9]+ (from 0 )?to 3/);
    });
  });
}
