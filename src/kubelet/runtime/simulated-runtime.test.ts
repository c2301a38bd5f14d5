import assert from "node:assert/strict";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { FakeClock } from "#testing/fake-clock.ts";
import type { ContainerConfig, RuntimeEvent, SandboxConfig } from "./runtime.ts";
import { ImagePullError } from "./runtime.ts";
import { AddressPool } from "./simulated-addresses.ts";
import { type SimulatedRuntimeOptions, simulatedRuntime } from "./simulated-runtime.ts";

const sandbox = (annotations: Record<string, string> = {}, uid = "u1"): SandboxConfig =>
  ({
    pod: { name: "web", namespace: "default", uid },
    attempt: 0,
    annotations,
    labels: {},
  }) as unknown as SandboxConfig;
const container = (more: Partial<ContainerConfig> = {}): ContainerConfig =>
  ({
    name: "app",
    attempt: 0,
    image: "app:1",
    userSpecifiedImage: "app:1",
    labels: {},
    annotations: {},
    ...more,
  }) as ContainerConfig;

async function started(annotations: Record<string, string> = {}, options: Partial<SimulatedRuntimeOptions> = {}) {
  const clock = new FakeClock();
  const runtime = simulatedRuntime({ clock, ...options });
  const config = sandbox(annotations);
  const sandboxId = await runtime.runSandbox(config);
  await runtime.pullImage("app:1");
  const id = await runtime.createContainer(sandboxId, container(), config);
  await runtime.startContainer(id);
  const state = async () => (await runtime.sandbox(sandboxId))?.containers[0];
  return { clock, runtime, sandboxId, id, state };
}

const prefix = "simulated.minik8s.io/";

describe("simulated containers", () => {
  test("exit when and how their pod says", async () => {
    const { clock, state } = await started({ [`${prefix}exit-after`]: "3s", [`${prefix}exit-code.app`]: "4" });
    await clock.advance(2_999);
    assert.equal((await state())?.state, "running");
    await clock.advance(1);
    const ended = await state();
    assert.deepEqual([ended?.state, ended?.exitCode, ended?.reason], ["exited", 4, "Error"]);
    assert.equal((ended?.finishedAt ?? 0) - (ended?.startedAt ?? 0), 3_000);
  });

  test("stop at once, late, or by force", async () => {
    const quick = await started();
    await quick.runtime.stopContainer(quick.id, 30);
    assert.equal((await quick.state())?.exitCode, 0);

    const slow = await started({ [`${prefix}stop-after`]: "10s" });
    const stopping = slow.runtime.stopContainer(slow.id, 30);
    await slow.clock.advance(10_000);
    await stopping;
    assert.equal((await slow.state())?.exitCode, 0);

    const deaf = await started({ [`${prefix}stop-after`]: "1h" });
    const killing = deaf.runtime.stopContainer(deaf.id, 5);
    await deaf.clock.advance(5_000);
    await killing;
    assert.equal((await deaf.state())?.exitCode, 137);
  });

  test("take the time they are told to take", async () => {
    const clock = new FakeClock();
    const runtime = simulatedRuntime({ clock, latency: { sandbox: 100 } });
    let done = false;
    const making = runtime.runSandbox(sandbox()).then(() => {
      done = true;
    });
    await clock.advance(99);
    assert.equal(done, false);
    await clock.advance(1);
    await making;
    assert.equal((await runtime.list()).length, 1);
  });

  test("have events, logs, and streams that answer", async () => {
    const abort = new AbortController();
    const { runtime, id, sandboxId } = await started({ [`${prefix}log`]: "one\ntwo" });
    const events: RuntimeEvent[] = [];
    const reading = (async () => {
      for await (const event of runtime.events(abort.signal)) events.push(event);
    })();
    assert.deepEqual(runtime.logLines(id), ["one", "two"]);
    const session = await runtime.exec(id, ["cat", "x"], { stdin: true, stdout: true, stderr: true, tty: false });
    session.stdin?.end("typed");
    assert.equal(session.stdout && (await text(session.stdout)), "cat x\ntyped");
    assert.equal(await session.exitCode, 0);
    runtime.exit(id, 1);
    await new Promise(setImmediate);
    abort.abort();
    await reading;
    assert.deepEqual(events, [{ type: "stopped", containerId: id, sandboxId, podUid: "u1" }]);
  });

  test("need an image that is there", async () => {
    const registry = () => {
      throw new ImagePullError("ErrImagePull", "no");
    };
    await assert.rejects(started({}, { registry }), ImagePullError);
  });

  test("a sandbox that breaks takes its containers with it, and its address is free again", async () => {
    const { runtime, sandboxId, state } = await started({}, { podCidr: "10.1.0.0/30" });
    await assert.rejects(runtime.runSandbox(sandbox({}, "u2")), /no addresses/);
    runtime.breakSandbox(sandboxId);
    assert.equal((await state())?.exitCode, 137);
    const other = await runtime.runSandbox(sandbox({}, "u3"));
    assert.deepEqual((await runtime.sandbox(other))?.ips, ["10.1.0.2"]);
  });

  test("addresses come back last", () => {
    const pool = new AddressPool("10.2.0.0/29");
    const [first, second] = [pool.take(), pool.take()];
    pool.release(first);
    assert.deepEqual(
      [first, second, pool.take(), pool.take(), pool.take(), pool.take()],
      ["10.2.0.2", "10.2.0.3", "10.2.0.4", "10.2.0.5", "10.2.0.6", "10.2.0.2"],
    );
  });
});
