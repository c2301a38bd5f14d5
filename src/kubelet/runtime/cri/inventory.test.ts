import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "#kit/clock.ts";
import { decode, encode } from "./codec.ts";
import type { GrpcChannel } from "./grpc-channel.ts";
import { Inventory } from "./inventory.ts";
import type { Written } from "./messages.ts";
import { RpcError } from "./rpc-error.ts";
import { criServices } from "./services.ts";

const labels = { "io.kubernetes.pod.uid": "u1" };

/** A runtime of one sandbox with one container, which the test changes as it goes; counts the calls for details. */
function node() {
  const answers = {
    sandbox: { id: "s1", labels, state: "SANDBOX_READY", network: { ip: "10.0.0.2" } } as Written<"PodSandboxStatus">,
    container: { id: "c1", labels, state: "CONTAINER_RUNNING" } as Written<"ContainerStatus"> | undefined,
  };
  const calls: string[] = [];
  const channel: GrpcChannel = {
    async call(path, [, received]) {
      const name = path.slice(path.lastIndexOf("/") + 1);
      if (name.endsWith("Status")) calls.push(name);
      const { sandbox, container } = answers;
      const listed = { id: "c1", pod_sandbox_id: "s1", labels, state: container?.state ?? "CONTAINER_EXITED" } as const;
      if (name === "ListPodSandbox") {
        const items = [{ id: "s1", labels, state: sandbox.state }];
        return decode(received, encode("ListPodSandboxResponse", { items }));
      }
      if (name === "ListContainers") {
        return decode(received, encode("ListContainersResponse", { containers: [listed] }));
      }
      if (name === "PodSandboxStatus") {
        return decode(received, encode("PodSandboxStatusResponse", { status: sandbox }));
      }
      if (!container) throw new RpcError("NOT_FOUND", "gone", path);
      return decode(received, encode("ContainerStatusResponse", { status: container }));
    },
    async *stream() {},
    close() {},
  };
  let now = 10_000;
  const clock: Clock = { now: () => now, after: () => () => {} };
  const inventory = new Inventory(criServices(channel), {}, clock);
  const pass = (ms: number) => {
    now += ms;
  };
  return { answers, calls, inventory, pass };
}

test("details are asked for once per state", async () => {
  const { answers, calls, inventory } = node();
  const [first] = await inventory.list();
  assert.deepEqual(first?.ips, ["10.0.0.2"]);
  assert.equal(first?.containers[0]?.state, "running");
  assert.deepEqual(calls.splice(0), ["PodSandboxStatus", "ContainerStatus"]);
  assert.deepEqual(await inventory.list(), [first]);
  assert.deepEqual(await inventory.sandbox("s1"), first);
  assert.deepEqual(calls, []);
  answers.container = { ...answers.container, state: "CONTAINER_EXITED", exit_code: 3 };
  assert.equal((await inventory.list())[0]?.containers[0]?.exitCode, 3);
  assert.deepEqual(calls, ["ContainerStatus"]);
});

test("that memory ran out may be told after the end", async () => {
  const { answers, inventory, pass, calls } = node();
  const killed = { id: "c1", labels, state: "CONTAINER_EXITED", exit_code: 137, finished_at: 10_000e6 } as const;
  answers.container = killed;
  assert.equal((await inventory.sandbox("s1"))?.containers[0]?.reason, "Error");
  answers.container = { ...killed, reason: "OOMKilled" };
  assert.equal((await inventory.sandbox("s1"))?.containers[0]?.reason, "OOMKilled");
  answers.container = killed;
  assert.equal((await inventory.sandbox("s1"))?.containers[0]?.reason, "OOMKilled");
  pass(5000);
  calls.length = 0;
  await inventory.list();
  assert.deepEqual(calls, []);
});

test("a sandbox without an address is asked again, and what went away meanwhile is left out", async () => {
  const { answers, inventory } = node();
  answers.sandbox = { id: "s1", labels, state: "SANDBOX_READY" };
  answers.container = undefined;
  const [first] = await inventory.list();
  assert.deepEqual([first?.ips, first?.containers], [[], []]);
  answers.sandbox = { ...answers.sandbox, network: { ip: "10.0.0.3" } };
  assert.deepEqual((await inventory.list())[0]?.ips, ["10.0.0.3"]);
});
