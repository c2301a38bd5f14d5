import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Pods } from "#api/core/v1/pod.ts";
import { testCluster } from "#testing/test-cluster.ts";
import { kubeletComponent } from "./kubelet.ts";
import type { Runtime } from "./runtime/runtime.ts";
import { type SimulatedRuntime, simulatedRuntime } from "./runtime/simulated-runtime.ts";

/** A pod of two containers over a runtime of which some calls are others. */
async function podOver(change: (runtime: SimulatedRuntime) => Partial<Runtime>) {
  let runtime!: SimulatedRuntime;
  const cluster = await testCluster({
    nodes: 0,
    components: ({ client, caches, clock, log }) => {
      runtime = simulatedRuntime({ clock });
      const changed = { ...runtime, ...change(runtime) };
      const node = { nodeName: "n1", addresses: ["192.0.2.1"], version: "v1" };
      return [kubeletComponent({ client, caches, clock, log, runtime: changed, ...node })];
    },
  });
  const containers = ["a", "b"].map((name) => ({ name, image: "app:1" }));
  const pod = { metadata: { namespace: "default", name: "web" }, spec: { nodeName: "n1", containers } };
  await cluster.settle();
  await cluster.client.create(Pods, pod);
  await cluster.settle();
  const statusOf = async () => (await cluster.client.get(Pods, { namespace: "default", name: "web" })).status;
  return { cluster, runtime, statusOf };
}

/** Fails the first so many times. */
function flaky<A extends unknown[], R>(call: (...args: A) => Promise<R>, failures: number) {
  let left = failures;
  return async (...args: A): Promise<R> => {
    if (left-- > 0) throw new Error("the runtime is away");
    return call(...args);
  };
}

describe("a runtime that fails for a while", () => {
  const calls = ["runSandbox", "createContainer", "startContainer", "sandbox"] as const;
  for (const call of calls) {
    for (const failures of [1, 3]) {
      test(`${call} fails ${failures} times: the pod comes up all the same, once`, async () => {
        const { cluster, runtime, statusOf } = await podOver((inner) => ({
          [call]: flaky(inner[call] as (...args: unknown[]) => Promise<unknown>, failures),
        }));
        await cluster.advance(60_000);
        await cluster.settle();
        const status = await statusOf();
        assert.deepEqual(
          status?.containerStatuses?.map(({ ready }) => ready),
          [true, true],
        );
        const ready = (await runtime.list()).filter((sandbox) => sandbox.ready);
        assert.equal(ready.length, 1);
        assert.equal(ready[0]?.containers.filter(({ state }) => state === "running").length, 2);
        await cluster.stop();
      });
    }
  }

  for (const call of ["stopContainer", "stopSandbox", "removeSandbox"] as const) {
    test(`${call} fails twice: the pod goes all the same`, async () => {
      const { cluster, runtime } = await podOver((inner) => ({
        [call]: flaky(inner[call] as (...args: unknown[]) => Promise<unknown>, 2),
      }));
      await cluster.client.delete(Pods, { namespace: "default", name: "web" });
      await cluster.advance(60_000);
      await cluster.settle();
      assert.deepEqual((await cluster.client.list(Pods)).items, []);
      assert.deepEqual(await runtime.list(), []);
      await cluster.stop();
    });
  }

  test("a sandbox that fails is told", async () => {
    const { cluster, statusOf } = await podOver((inner) => ({ runSandbox: flaky(inner.runSandbox, 1) }));
    const status = await statusOf();
    assert.equal(status?.phase, "Pending");
    assert.equal(status.containerStatuses?.[0]?.state?.waiting?.reason, "ContainerCreating");
    await cluster.stop();
  });
});
