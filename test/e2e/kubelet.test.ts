import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ConfigMaps } from "#api/core/v1/config-map.ts";
import { Events } from "#api/core/v1/event.ts";
import { type Pod, Pods } from "#api/core/v1/pod.ts";
import { Secrets } from "#api/core/v1/secret.ts";
import { ApiError } from "#api/meta/api-error.ts";
import { testImage as image, isReady, RealNode } from "../support/real-node.ts";

const shell = (script: string) => ({ image, command: ["/bin/sh", "-c", script] });
const forever = "exec sleep 3600";
const ids = (pod: Pod) =>
  pod.status?.containerStatuses?.map(({ containerID, restartCount }) => [containerID, restartCount]);

describe("a kubelet over containerd", { timeout: 120_000 }, () => {
  let node: RealNode;
  before(async () => {
    node = await RealNode.open();
    await node.startAgent();
  });
  after(() => node[Symbol.asyncDispose]());

  const inside = async (pod: Pod, script: string) => {
    const id = pod.status?.containerStatuses?.[0]?.containerID?.replace(/^.*:\/\//, "") ?? "";
    const { stdout, stderr } = await node.runtime.execSync(id, ["/bin/sh", "-c", script], 10_000);
    return stdout.toString() + stderr.toString();
  };

  test("environment, volumes and names inside are what the pod says", async () => {
    const { client, folder } = node;
    const namespace = "default";
    await client.create(ConfigMaps, { metadata: { namespace, name: "settings" }, data: { colour: "blue" } });
    await client.create(Secrets, { metadata: { namespace, name: "keys" }, stringData: { key: "s3cret" } });
    mkdirSync(join(folder, "shared"));
    writeFileSync(join(folder, "shared", "given"), "by the host\n");
    const mount = (name: string, more = {}) => ({ name, mountPath: `/${name}`, ...more });
    await node.create(
      "full",
      {
        hostname: "fullhost",
        containers: [
          {
            name: "main",
            ...shell('echo "started $(COLOUR)"; exec sleep 3600'),
            env: [
              { name: "COLOUR", valueFrom: { configMapKeyRef: { name: "settings", key: "colour" } } },
              { name: "BOTH", value: "$(COLOUR) $$(COLOUR) $(NONE)" },
              { name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
              { name: "LIMIT", valueFrom: { resourceFieldRef: { resource: "limits.memory", divisor: "1Mi" } } },
            ],
            envFrom: [{ prefix: "P_", secretRef: { name: "keys" } }],
            resources: { limits: { memory: "64Mi", cpu: "500m" }, requests: { cpu: "100m" } },
            volumeMounts: [
              mount("scratch"),
              mount("fast"),
              mount("host", { readOnly: true }),
              mount("settings"),
              mount("all"),
              { name: "settings", mountPath: "/etc/colour", subPath: "colour" },
            ],
          },
        ],
        volumes: [
          { name: "scratch", emptyDir: {} },
          { name: "fast", emptyDir: { medium: "Memory", sizeLimit: "8Mi" } },
          { name: "host", hostPath: { path: join(folder, "shared"), type: "Directory" } },
          { name: "settings", configMap: { name: "settings" } },
          {
            name: "all",
            projected: {
              sources: [
                { secret: { name: "keys", items: [{ key: "key", path: "sub/key", mode: 0o400 }] } },
                { downwardAPI: { items: [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }] } },
              ],
            },
          },
        ],
      },
      { app: "full" },
    );
    const pod = await node.until("full", isReady);
    assert.equal(pod.status?.qosClass, "Burstable");
    const script = [
      'echo "$COLOUR|$BOTH|$P_key|$LIMIT"; echo "$IP"',
      "cat /settings/colour; echo; cat /etc/colour; echo; cat /all/sub/key; echo; cat /all/labels; echo",
      "cat /host/given; touch /host/no 2>&1; stat -c %a /scratch /all/sub/key; grep -c 'tmpfs /fast' /proc/mounts",
      "hostname; tail -1 /etc/hosts",
    ].join("; ");
    assert.deepEqual((await inside(pod, script)).trim().split("\n"), [
      "blue|blue $(COLOUR) $(NONE)|s3cret|64",
      pod.status.podIP,
      "blue",
      "blue",
      "s3cret",
      'app="full"',
      "by the host",
      "touch: /host/no: Read-only file system",
      "777",
      "400",
      "1",
      "fullhost",
      `${pod.status.podIP}\tfullhost`,
    ]);
    const log = join(folder, "pod-logs", `default_full_${pod.metadata.uid}`, "main", "0.log");
    assert.match(readFileSync(log, "utf8"), / stdout F started blue\n$/);

    await client.delete(Pods, { namespace, name: "full" }, { gracePeriodSeconds: 1 });
    await node.gone("full");
    assert.equal(readFileSync(join(folder, "shared", "given"), "utf8"), "by the host\n");
    assert.deepEqual(readdirSync(join(folder, "agent", "pods")), []);
    assert.ok(!readFileSync("/proc/mounts", "utf8").includes(pod.metadata.uid));
    assert.ok(!existsSync(log));
  });

  test("a container that fails is started again; its message and last state are told", async () => {
    const script = "echo last words >&2; echo done > /dev/termination-log; exit 3";
    await node.create("crash", {
      containers: [
        { name: "file", ...shell(script) },
        { name: "log", ...shell("echo last words; exit 4"), terminationMessagePolicy: "FallbackToLogsOnError" },
      ],
    });
    const backingOff = (pod: Pod) =>
      pod.status?.containerStatuses?.every(({ state }) => state?.waiting?.reason === "CrashLoopBackOff") ?? false;
    const pod = await node.until("crash", backingOff);
    const [file, log] = pod.status?.containerStatuses ?? [];
    assert.equal(file?.restartCount, 1);
    assert.equal(file.lastState?.terminated?.exitCode, 3);
    assert.equal(file.lastState?.terminated?.message, "done\n");
    assert.equal(log?.lastState?.terminated?.message, "last words\n");
    assert.match(
      file.state?.waiting?.message ?? "",
      /^back-off 10s restarting failed container=file pod=crash_default\(/,
    );
    await node.client.delete(Pods, { namespace: "default", name: "crash" });
    await node.gone("crash");
  });

  test("init containers, a readiness probe and a stop with grace", async () => {
    await node.create("slow", {
      volumes: [{ name: "work", emptyDir: {} }],
      initContainers: [
        { name: "prepare", ...shell("echo page > /work/page"), volumeMounts: [{ name: "work", mountPath: "/work" }] },
      ],
      containers: [
        {
          name: "web",
          ...shell("trap 'exit 0' TERM; httpd -p 8080 -h /work; while :; do sleep 0.1; done"),
          volumeMounts: [{ name: "work", mountPath: "/work" }],
          readinessProbe: { httpGet: { path: "/page", port: 8080 }, periodSeconds: 1 },
        },
      ],
    });
    const pod = await node.until("slow", isReady);
    assert.equal(pod.status?.initContainerStatuses?.[0]?.state?.terminated?.reason, "Completed");
    const begun = performance.now();
    await node.client.delete(Pods, { namespace: "default", name: "slow" });
    await node.gone("slow");
    assert.ok(performance.now() - begun < 5_000);
    const { items } = await node.client.list(Events, { namespace: "default" });
    const told = items.filter(({ involvedObject }) => involvedObject.name === "slow").map(({ reason }) => reason);
    for (const reason of ["Pulled", "Created", "Started", "Killing"]) assert.ok(told.includes(reason), reason);
  });

  test("an agent that starts again adopts the same containers", async () => {
    await node.create("stay", {
      containers: [{ name: "main", ...shell(forever) }],
      terminationGracePeriodSeconds: 1,
    });
    const before = await node.until("stay", isReady);
    await node.stopAgent();
    await node.startAgent();
    await node.until("stay", () => node.kubelet?.pods.find("default", "stay")?.sandboxId !== undefined);
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.deepEqual(ids(await node.until("stay", isReady)), ids(before));
    assert.equal((await node.runtime.list()).length, 1);
  });

  test("after a reboot the pods come back without an API server, and are counted as restarted", async () => {
    await node.stopAgent();
    for (const { id } of await node.runtime.list()) {
      await node.runtime.stopSandbox(id);
      await node.runtime.removeSandbox(id);
    }
    const away = { dispatch: () => Promise.reject(new ApiError("ServiceUnavailable", "not there")) };
    await node.startAgent({ api: away });
    const isBack = async () => {
      const [sandbox] = await node.runtime.list();
      return sandbox?.containers.some(({ state }) => state === "running") ?? false;
    };
    for (const end = performance.now() + 10_000; !(await isBack()); ) {
      assert.ok(performance.now() < end, "the pod did not come back");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await node.stopAgent();
    await node.startAgent();
    const counted = (pod: Pod) => pod.status?.containerStatuses?.[0]?.restartCount === 1 && isReady(pod);
    const pod = await node.until("stay", counted);
    assert.equal(pod.status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode, 137);
  });

  test("a pod that was deleted while the agent was away is ended", async () => {
    await node.stopAgent();
    await node.client.delete(Pods, { namespace: "default", name: "stay" }, { gracePeriodSeconds: 0 });
    await node.startAgent();
    for (const end = performance.now() + 10_000; (await node.runtime.list()).length > 0; ) {
      assert.ok(performance.now() < end, "the sandbox is still there");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await node
      .until("stay", () => true)
      .then(
        () => assert.fail("the pod is back"),
        (error: ApiError) => assert.equal(error.reason, "NotFound"),
      );
  });

  test("a pod is ready in little more time than its containers take", async () => {
    const spec = { containers: [{ name: "main", ...shell(forever) }], terminationGracePeriodSeconds: 1 };
    const times: number[] = [];
    for (const name of ["quick-1", "quick-2", "quick-3", "quick-4", "quick-5"]) {
      const begun = performance.now();
      await node.create(name, spec);
      await node.until(name, isReady);
      times.push(performance.now() - begun);
      await node.client.delete(Pods, { namespace: "default", name });
    }
    const median = times.toSorted((a, b) => a - b)[2] ?? 0;
    assert.ok(median < 2_000, `median ${median} ms`);
  });
});
