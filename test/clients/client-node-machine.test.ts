/** The JavaScript client with pods that really run: informers, exec, logs that go on. */
import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { CoreV1Api, Exec, KubeConfig, Log, makeInformer, type V1Pod, type V1Status } from "@kubernetes/client-node";
import { type Machine, needsRealContainers, startMachine, webImage } from "../support/machine.ts";

const namespace = "default";

describe("client-node and pods", needsRealContainers, () => {
  let machine: Machine;
  let config: KubeConfig;
  let core: CoreV1Api;
  before(async () => {
    machine = await startMachine();
    config = new KubeConfig();
    config.loadFromFile(machine.kubeconfig);
    core = config.makeApiClient(CoreV1Api);
  });
  after(() => machine?.[Symbol.asyncDispose]());

  const podOf = (name: string, script: string): V1Pod => ({
    metadata: { name, labels: { of: "client-node" } },
    spec: {
      terminationGracePeriodSeconds: 1,
      restartPolicy: "Never",
      containers: [{ name: "main", image: webImage, command: ["sh", "-c", script] }],
    },
  });

  test("an informer follows a pod from its creation to its end", async () => {
    const list = () => core.listNamespacedPod({ namespace, labelSelector: "of=client-node" });
    const informer = makeInformer(config, `/api/v1/namespaces/${namespace}/pods`, list, "of=client-node");
    const seen: string[] = [];
    const gone = Promise.withResolvers<void>();
    informer.on("add", (pod) => void seen.push(`add ${pod.metadata?.name}`));
    informer.on("update", (pod) => void seen.push(`${pod.metadata?.name} ${pod.status?.phase}`));
    informer.on("delete", (pod) => {
      seen.push(`delete ${pod.metadata?.name}`);
      gone.resolve();
    });
    informer.on("error", gone.reject);
    await informer.start();
    await core.createNamespacedPod({ namespace, body: podOf("followed", "sleep 0.2") });
    while (!seen.includes("followed Succeeded")) await new Promise((resolve) => setTimeout(resolve, 20));
    await core.deleteNamespacedPod({ namespace, name: "followed" });
    await gone.promise;
    await informer.stop();
    const steps = seen.filter((step, i) => step !== seen[i - 1]);
    const expected = ["add followed", "followed Pending", "followed Running", "followed Succeeded", "delete followed"];
    assert.deepEqual(steps, expected);
  });

  test("logs that go on end with the container, exec tells outputs and exit code", async () => {
    await core.createNamespacedPod({
      namespace,
      body: podOf("talker", "for i in 1 2 3 4; do echo $i; sleep 0.5; done"),
    });
    await running("talker");
    const out = new PassThrough();
    const logged = text(out);
    const command = run("talker", ["sh", "-c", "read line; echo got $line; echo wrong >&2; exit 5"], "hello\n");
    await new Log(config).log(namespace, "talker", "main", out, { follow: true });
    assert.deepEqual(await command, { stdout: "got hello\n", stderr: "wrong\n", code: "5" });
    assert.equal(await logged, "1\n2\n3\n4\n");
  });

  async function running(name: string): Promise<void> {
    while ((await core.readNamespacedPod({ namespace, name })).status?.phase !== "Running") {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async function run(name: string, command: string[], input: string) {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    stdin.end(input);
    const outputs = [text(stdout), text(stderr)];
    const ended = Promise.withResolvers<V1Status>();
    await new Exec(config).exec(namespace, name, "main", command, stdout, stderr, stdin, false, ended.resolve);
    const { details } = await ended.promise;
    stdout.end();
    stderr.end();
    const [out, err] = await Promise.all(outputs);
    return { stdout: out, stderr: err, code: details?.causes?.find(({ reason }) => reason === "ExitCode")?.message };
  }
});
