import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { promisify } from "node:util";
import { type TestCluster, testCluster } from "#testing/test-cluster.ts";
import { newKubectl, oldKubectl } from "../support/clients.ts";

type Kubectl = (command: string | readonly string[], input?: object) => Promise<string>;

function kubectlFor(cluster: TestCluster, program = newKubectl()): Kubectl {
  const run = promisify(execFile);
  return async (command, input) => {
    const running = run(program, typeof command === "string" ? command.split(" ") : command, {
      env: { KUBECONFIG: cluster.kubeconfig, HOME: tmpdir() },
      timeout: 20_000,
    });
    running.child.stdin?.end(input && JSON.stringify(input));
    return (await running).stdout;
  };
}

/** A command that waits for the cluster, whose time would stand still otherwise. */
async function meanwhile<T>(cluster: TestCluster, command: Promise<T>): Promise<T> {
  let running = true;
  const ended = command.finally(() => {
    running = false;
  });
  ended.catch(() => {}); // the caller gets it from the return below
  while (running) {
    await cluster.advance(1000);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return ended;
}

const labels = { app: "web" };
const workload = (kind: string, image: string, spec = {}) => ({
  apiVersion: "apps/v1",
  kind,
  metadata: { name: "web" },
  spec: {
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: "main", image }] } },
    ...spec,
  },
});

for (const [kind, spec] of [
  ["DaemonSet", {}],
  ["StatefulSet", { replicas: 2, serviceName: "web" }],
] as const) {
  test(`kubectl rollout of a ${kind}: status, history, undo, restart`, async () => {
    await using cluster = await testCluster({ http: true, nodes: 2, fate: () => "ready" });
    const kubectl = kubectlFor(cluster);
    const name = `${kind.toLowerCase()}/web`;
    await kubectl("apply -f -", workload(kind, "web:1", spec));
    assert.match(await meanwhile(cluster, kubectl(`rollout status ${name}`)), /successfully rolled out|complete/);
    await kubectl("apply -f -", workload(kind, "web:2", spec));
    await meanwhile(cluster, kubectl(`rollout status ${name}`));
    assert.match(await kubectl(`rollout history ${name}`), /1 +<none>\n2 +<none>/);
    assert.match(await kubectl(`rollout history ${name} --revision=1`), /Image:\s+web:1/);
    assert.match(await kubectl(`rollout undo ${name}`), /rolled back/);
    await meanwhile(cluster, kubectl(`rollout status ${name}`));
    const image = "jsonpath={.items[*].spec.containers[0].image}";
    assert.equal(await kubectl(`get pods -o ${image}`), "web:1 web:1");
    const before = await kubectl("get pods -o jsonpath={.items[*].metadata.uid}");
    await kubectl(`rollout restart ${name}`);
    await meanwhile(cluster, kubectl(`rollout status ${name}`));
    assert.notEqual(await kubectl("get pods -o jsonpath={.items[*].metadata.uid}"), before);
    assert.match(await kubectl(`describe ${name}`), /Pods Status:\s+2 Running/);
    assert.match(await kubectl("get controllerrevisions"), /web-\w+ +(daemon|stateful)set.apps\/web/);
  });
}

test("kubectl create job, cronjob, and a job from a cronjob", async () => {
  await using cluster = await testCluster({ http: true, fate: () => "succeeded" });
  const kubectl = kubectlFor(cluster);
  await kubectl("create job once --image=busybox -- true");
  await meanwhile(cluster, kubectl("wait --for=condition=complete job/once --timeout=15s"));
  assert.match(await kubectl("get jobs"), /NAME +STATUS +COMPLETIONS +DURATION +AGE\nonce +Complete +1\/1/);
  assert.match(await kubectl("describe job once"), /Pods Statuses:\s+0 Active \(0 Ready\) \/ 1 Succeeded \/ 0 Failed/);
  await kubectl(["create", "cronjob", "tick", "--image=busybox", "--schedule=*/5 * * * *", "--", "true"]);
  assert.match(await kubectl("create job by-hand --from=cronjob/tick"), /job.batch\/by-hand created/);
  await cluster.advance(310_000);
  assert.match(await kubectl("get jobs -o name"), /job.batch\/by-hand\njob.batch\/once\njob.batch\/tick-\d+\n/);
  assert.match(await kubectl("get cronjobs"), /tick +\*\/5 \* \* \* \* +<none> +False +0/);
  assert.match(await kubectl("describe cronjob tick"), /Concurrency Policy:\s+Allow/);
  await kubectl("delete job once by-hand");
});

test("kubectl drain keeps a disruption budget; priority classes and autoscalers can be made", async () => {
  await using cluster = await testCluster({ http: true, nodes: 2, fate: () => "ready" });
  const kubectl = kubectlFor(cluster);
  await kubectl("apply -f -", workload("Deployment", "web:1", { replicas: 2 }));
  await kubectl("create poddisruptionbudget web --selector=app=web --min-available=2");
  await cluster.settle();
  assert.match(await kubectl("get pdb"), /web +2 +N\/A +0/);
  const drain = "drain node-1 --ignore-daemonsets --timeout=3s";
  await assert.rejects(kubectl(drain), /Cannot evict pod as it would violate the pod's disruption budget/);
  await kubectl("delete pdb web");
  await kubectl("create poddisruptionbudget web --selector=app=web --max-unavailable=1");
  await cluster.settle();
  assert.match(
    await meanwhile(cluster, kubectl("drain node-1 --ignore-daemonsets --timeout=15s")),
    /node\/node-1 drained/,
  );
  await kubectl("create priorityclass high --value=1000 --description=important");
  assert.match(await kubectl("get priorityclass high"), /high +1000 +false/);
  await kubectl("autoscale deployment web --cpu=50% --min=1 --max=5");
  assert.match(await kubectl("get hpa"), /web +Deployment\/web +cpu: <unknown>\/50% +1 +5/);
  assert.match(await kubectl("describe hpa web"), /Deployment pods:/);
  // the old one knows only the old version
  const old = kubectlFor(cluster, oldKubectl());
  await old("autoscale deployment web --name=old --cpu-percent=70 --max=3");
  assert.match(await old("get hpa.v1.autoscaling old"), /old +Deployment\/web +(cpu: )?<unknown>\/70% +1 +3/);
  assert.equal(await kubectl("get hpa old -o jsonpath={.spec.metrics[0].resource.target.averageUtilization}"), "70");
});
