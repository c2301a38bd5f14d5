import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ConfigMaps } from "#api/core/v1/config-map.ts";
import { Events } from "#api/core/v1/event.ts";
import { Nodes } from "#api/core/v1/node.ts";
import { type Pod, type PodSpec, Pods } from "#api/core/v1/pod.ts";
import { isNotFound } from "#api/meta/api-error.ts";
import type { Draft } from "#api/meta/object-meta.ts";
import { type TestCluster, testCluster } from "#testing/test-cluster.ts";
import { type Kubelet, kubeletComponent } from "./kubelet.ts";
import { ImagePullError } from "./runtime/runtime.ts";
import { type SimulatedRuntime, type SimulatedRuntimeOptions, simulatedRuntime } from "./runtime/simulated-runtime.ts";

interface Node extends AsyncDisposable {
  readonly cluster: TestCluster;
  readonly runtime: SimulatedRuntime;
  readonly kubelet: Kubelet;
  pod(name?: string): Promise<Pod>;
  create(spec: Draft<PodSpec>, annotations?: Record<string, string>, name?: string): Promise<void>;
  messages(): Promise<string[]>;
}

async function node(runtimeOptions: Partial<SimulatedRuntimeOptions> = {}): Promise<Node> {
  let runtime!: SimulatedRuntime;
  let kubelet!: Kubelet;
  const cluster = await testCluster({
    nodes: 0,
    components: ({ client, caches, clock, log }) => {
      runtime = simulatedRuntime({ clock, ...runtimeOptions });
      kubelet = kubeletComponent({
        ...{ client, caches, clock, log, runtime },
        nodeName: "n1",
        addresses: ["192.0.2.1"],
        version: "v1.36.0+minik8s",
      });
      return [kubelet];
    },
  });
  const { client } = cluster;
  await cluster.settle();
  return {
    cluster,
    runtime,
    kubelet,
    pod: (name = "web") => client.get(Pods, { namespace: "default", name }),
    async create(spec, annotations = {}, name = "web") {
      const containers = [{ name: "app", image: "app:1" }];
      await client.create(Pods, {
        metadata: { namespace: "default", name, annotations },
        spec: { containers, nodeName: "n1", ...spec },
      });
      await cluster.settle();
    },
    async messages() {
      const { items } = await client.list(Events, { namespace: "default" });
      return items
        .filter(({ involvedObject, source }) => involvedObject.kind === "Pod" && source?.component === "kubelet")
        .map(({ type, reason, message, count }) => `${type} ${reason} ${message}${count === 1 ? "" : ` (x${count})`}`);
    },
    [Symbol.asyncDispose]: () => cluster.stop(),
  };
}

const condition = (pod: Pod, type: string) => pod.status?.conditions?.find((c) => c.type === type);

describe("a kubelet over simulated containers", () => {
  test("a pod becomes ready, and everything about it is reported", async () => {
    await using n = await node();
    await n.create({});
    const { status } = await n.pod();
    assert.equal(status?.phase, "Running");
    assert.equal(status.podIP, "10.88.0.2");
    assert.deepEqual(status.podIPs, [{ ip: "10.88.0.2" }]);
    assert.equal(status.hostIP, "192.0.2.1");
    assert.equal(status.qosClass, "BestEffort");
    assert.deepEqual(Object.fromEntries((status.conditions ?? []).map((c) => [c.type, c.status])), {
      PodReadyToStartContainers: "True",
      Initialized: "True",
      Ready: "True",
      ContainersReady: "True",
      PodScheduled: "True",
    });
    const [container] = status.containerStatuses ?? [];
    assert.equal(container?.ready, true);
    assert.equal(container.started, true);
    assert.equal(container.restartCount, 0);
    assert.match(container.containerID ?? "", /^simulated:\/\/[0-9a-f]{64}$/);
    assert.ok(container.state?.running?.startedAt);
    assert.deepEqual(await n.messages(), [
      'Normal Pulling Pulling image "app:1"',
      'Normal Pulled Successfully pulled image "app:1" in 0s (0s including waiting). Image size: 10000000 bytes.',
      "Normal Created Container created",
      "Normal Started Container started",
    ]);
  });

  test("the node is registered, ready and keeps its lease", async () => {
    await using n = await node();
    const found = await n.cluster.client.get(Nodes, { name: "n1" });
    assert.equal(found.metadata.labels?.["kubernetes.io/hostname"], "n1");
    assert.equal(found.status?.conditions?.find((c) => c.type === "Ready")?.reason, "KubeletReady");
    assert.deepEqual(found.status?.addresses, [
      { type: "InternalIP", address: "192.0.2.1" },
      { type: "Hostname", address: "n1" },
    ]);
    await n.cluster.advance(600_000);
    await n.cluster.settle();
    const later = await n.cluster.client.get(Nodes, { name: "n1" });
    assert.equal(later.status?.conditions?.find((c) => c.type === "Ready")?.status, "True");
  });

  test("a pod that is deleted stops with its grace and is gone", async () => {
    await using n = await node();
    await n.create({}, { "simulated.minik8s.io/stop-after": "5s" });
    await n.cluster.client.delete(Pods, { namespace: "default", name: "web" });
    await n.cluster.settle();
    assert.ok((await n.pod()).metadata.deletionTimestamp);
    assert.equal((await n.pod()).status?.phase, "Running");
    await n.cluster.advance(5_000);
    await n.cluster.settle();
    await assert.rejects(n.pod(), isNotFound);
    assert.deepEqual(await n.runtime.list(), []);
    assert.ok((await n.messages()).includes("Normal Killing Stopping container app"));
  });

  test("a failing container backs off for 10 s, 20 s, 40 s", async () => {
    await using n = await node();
    await n.create({}, { "simulated.minik8s.io/exit-after": "1ms", "simulated.minik8s.io/exit-code": "3" });
    const waits: number[] = [];
    for (let restart = 1; restart <= 3; restart++) {
      const { status } = await n.pod();
      const [container] = status?.containerStatuses ?? [];
      assert.equal(container?.restartCount, restart);
      assert.equal(container.state?.waiting?.reason, "CrashLoopBackOff");
      assert.equal(container.lastState?.terminated?.exitCode, 3);
      assert.equal(status?.phase, "Running");
      const before = n.cluster.clock.now();
      while ((await n.pod()).status?.containerStatuses?.[0]?.restartCount === restart) {
        await n.cluster.advance(1_000);
        await n.cluster.settle();
      }
      waits.push(Math.round((n.cluster.clock.now() - before) / 10_000) * 10);
    }
    assert.deepEqual(waits, [10, 20, 40]);
    assert.ok(
      (await n.messages()).some((m) =>
        m.startsWith("Warning BackOff Back-off restarting failed container app in pod web_default("),
      ),
    );
  });

  test("init containers run one after the other before the others", async () => {
    await using n = await node();
    const initContainers = [
      { name: "first", image: "init:1" },
      { name: "second", image: "init:1" },
    ];
    await n.create(
      { initContainers },
      { "simulated.minik8s.io/exit-after.first": "5s", "simulated.minik8s.io/exit-after.second": "5s" },
    );
    const early = await n.pod();
    assert.equal(early.status?.phase, "Pending");
    assert.equal(condition(early, "Initialized")?.message, "containers with incomplete status: [first second]");
    assert.equal(early.status?.containerStatuses?.[0]?.state?.waiting?.reason, "PodInitializing");
    await n.cluster.advance(5_000);
    await n.cluster.settle();
    assert.equal(condition(await n.pod(), "Initialized")?.message, "containers with incomplete status: [second]");
    await n.cluster.advance(5_000);
    await n.cluster.settle();
    const ready = await n.pod();
    assert.equal(ready.status?.phase, "Running");
    assert.equal(condition(ready, "Ready")?.status, "True");
    assert.equal(ready.status?.initContainerStatuses?.[1]?.state?.terminated?.reason, "Completed");
  });

  for (const { code, phase } of [
    { code: "0", phase: "Succeeded" },
    { code: "1", phase: "Failed" },
  ]) {
    test(`a pod that never restarts and exits with ${code} has ${phase}`, async () => {
      await using n = await node();
      await n.create(
        { restartPolicy: "Never" },
        { "simulated.minik8s.io/exit-after": "2s", "simulated.minik8s.io/exit-code": code },
      );
      await n.cluster.advance(2_000);
      await n.cluster.settle();
      const pod = await n.pod();
      assert.equal(pod.status?.phase, phase);
      assert.equal(condition(pod, "Ready")?.reason, phase === "Succeeded" ? "PodCompleted" : "PodFailed");
      assert.equal(pod.status?.podIP, "10.88.0.2");
      assert.equal((await n.runtime.list())[0]?.ready, false);
    });
  }

  test("an image that cannot be pulled is told and tried again", async () => {
    let broken = true;
    const registry = () => {
      if (broken) throw new ImagePullError("ErrImagePull", "no such image");
      return 5;
    };
    await using n = await node({ registry });
    await n.create({});
    assert.deepEqual((await n.pod()).status?.containerStatuses?.[0]?.state?.waiting, {
      reason: "ErrImagePull",
      message: "no such image",
    });
    await n.cluster.advance(2_000);
    await n.cluster.settle();
    assert.deepEqual((await n.pod()).status?.containerStatuses?.[0]?.state?.waiting, {
      reason: "ImagePullBackOff",
      message: 'Back-off pulling image "app:1": ErrImagePull: no such image',
    });
    broken = false;
    await n.cluster.advance(8_000);
    await n.cluster.settle();
    assert.equal((await n.pod()).status?.phase, "Running");
  });

  test("a pod can be deleted while its image is being pulled", async () => {
    await using n = await node({ latency: { pull: 600_000 } });
    await n.create({});
    assert.equal((await n.pod()).status?.phase, "Pending");
    await n.cluster.client.delete(Pods, { namespace: "default", name: "web" });
    await n.cluster.settle();
    await assert.rejects(n.pod(), isNotFound);
    assert.deepEqual(await n.runtime.list(), []);
  });

  test("a missing ConfigMap holds the container up until it is there", async () => {
    await using n = await node();
    const env = [{ name: "A", valueFrom: { configMapKeyRef: { name: "settings", key: "a" } } }];
    await n.create({ containers: [{ name: "app", image: "app:1", env }] });
    assert.deepEqual((await n.pod()).status?.containerStatuses?.[0]?.state?.waiting, {
      reason: "CreateContainerConfigError",
      message: 'configmap "settings" not found',
    });
    await n.cluster.client.create(ConfigMaps, {
      metadata: { namespace: "default", name: "settings" },
      data: { a: "1" },
    });
    await n.cluster.advance(5_000);
    await n.cluster.settle();
    assert.equal((await n.pod()).status?.phase, "Running");
  });

  test("a sandbox that dies is made again, with its containers", async () => {
    await using n = await node();
    await n.create({});
    const [sandbox] = await n.runtime.list();
    n.runtime.breakSandbox(sandbox?.id ?? "");
    await n.cluster.settle();
    const { status } = await n.pod();
    assert.equal(status?.phase, "Running");
    assert.equal(status.containerStatuses?.[0]?.restartCount, 1);
    assert.notEqual(status.podIP, "10.88.0.2");
    assert.ok(
      (await n.messages()).includes("Normal SandboxChanged Pod sandbox changed, it will be killed and re-created."),
    );
  });

  test("a pod over its deadline fails", async () => {
    await using n = await node();
    await n.create({ activeDeadlineSeconds: 60 });
    await n.cluster.advance(61_000);
    await n.cluster.settle();
    const { status } = await n.pod();
    assert.equal(status?.phase, "Failed");
    assert.equal(status.reason, "DeadlineExceeded");
    assert.equal(status.message, "Pod was active on the node longer than the specified deadline");
  });

  test("a container that fails its liveness probe is killed and started again", async () => {
    await using n = await node();
    const livenessProbe = { exec: { command: ["false"] }, periodSeconds: 10, failureThreshold: 3, timeoutSeconds: 1 };
    await n.create({ containers: [{ name: "app", image: "app:1", livenessProbe }] });
    await n.cluster.advance(15_000);
    await n.cluster.settle();
    assert.equal((await n.pod()).status?.containerStatuses?.[0]?.restartCount, 0);
    await n.cluster.advance(6_000);
    await n.cluster.settle();
    assert.equal((await n.pod()).status?.containerStatuses?.[0]?.restartCount, 1);
    const messages = await n.messages();
    assert.ok(messages.some((message) => /^Warning Unhealthy Liveness probe failed: false\n \(x\d\)$/.test(message)));
    assert.ok(messages.includes("Normal Killing Container app failed liveness probe, will be restarted"));
  });

  test("a startup probe holds the others back; readiness comes and goes", async () => {
    await using n = await node();
    const probe = { exec: { command: ["true"] }, periodSeconds: 1, initialDelaySeconds: 5 };
    await n.create({ containers: [{ name: "app", image: "app:1", startupProbe: probe, readinessProbe: probe }] });
    const early = (await n.pod()).status?.containerStatuses?.[0];
    assert.deepEqual([early?.started, early?.ready], [false, false]);
    await n.cluster.advance(7_000);
    await n.cluster.settle();
    const later = await n.pod();
    assert.deepEqual(
      [later.status?.containerStatuses?.[0]?.started, condition(later, "Ready")?.status],
      [true, "True"],
    );
  });

  test("an init container that stays runs beside the others, is started again and ends last", async () => {
    await using n = await node();
    const initContainers = [{ name: "side", image: "side:1", restartPolicy: "Always" }];
    await n.create({ initContainers, restartPolicy: "Never" }, { "simulated.minik8s.io/exit-after.app": "60s" });
    const running = await n.pod();
    assert.equal(condition(running, "Ready")?.status, "True");
    const id = running.status?.initContainerStatuses?.[0]?.containerID?.replace(/^.*:\/\//, "") ?? "";
    n.runtime.exit(id, 0);
    await n.cluster.settle();
    assert.equal((await n.pod()).status?.initContainerStatuses?.[0]?.restartCount, 1);
    await n.cluster.advance(60_000);
    await n.cluster.settle();
    const { status } = await n.pod();
    assert.equal(status?.phase, "Succeeded");
    assert.ok(status.initContainerStatuses?.[0]?.state?.terminated);
  });

  test("a changed image replaces the container", async () => {
    await using n = await node();
    await n.create({});
    const body = { spec: { containers: [{ name: "app", image: "app:2" }] } };
    await n.cluster.client.patch(Pods, { namespace: "default", name: "web" }, { type: "strategic", body });
    await n.cluster.settle();
    const { status } = await n.pod();
    assert.equal(status?.containerStatuses?.[0]?.image, "app:2");
    assert.equal(status.containerStatuses[0].restartCount, 1);
    assert.ok((await n.messages()).includes("Normal Killing Container app definition changed, will be restarted"));
  });

  test("a new pod of the same name takes the place of one that was deleted by force", async () => {
    await using n = await node();
    await n.create({});
    const old = await n.pod();
    await n.cluster.client.delete(Pods, { namespace: "default", name: "web" }, { gracePeriodSeconds: 0 });
    await n.create({});
    const young = await n.pod();
    assert.notEqual(young.metadata.uid, old.metadata.uid);
    assert.equal(young.status?.phase, "Running");
    const sandboxes = await n.runtime.list();
    assert.deepEqual(
      sandboxes.map(({ pod }) => pod.uid),
      [young.metadata.uid],
    );
  });
});
