import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Pod, Pods } from "#api/core/v1/pod.ts";
import type { PodStatus } from "#api/core/v1/pod-status.ts";
import { ApiError, conflict, notFound } from "#api/meta/api-error.ts";
import type { Client } from "#client/client.ts";
import { systemClock } from "#kit/clock.ts";
import { silentLogger } from "#kit/log.ts";
import { podOf } from "./pod.fixture.ts";
import { StatusManager, statusPatch } from "./status-manager.ts";

describe("the patch of a status", () => {
  const cases: readonly { name: string; before: PodStatus; now: PodStatus; patch: object | undefined }[] = [
    { name: "nothing differs", before: { phase: "Running" }, now: { phase: "Running" }, patch: undefined },
    {
      name: "only what differs",
      before: { phase: "Pending", hostIP: "1" },
      now: { phase: "Running", hostIP: "1" },
      patch: { phase: "Running" },
    },
    { name: "what is gone is taken away", before: { reason: "X" }, now: {}, patch: { reason: null } },
    {
      name: "what others wrote stays",
      before: { nominatedNodeName: "n", qosClass: "Burstable" },
      now: { qosClass: "Burstable" },
      patch: undefined,
    },
    {
      name: "addresses are replaced, not added to",
      before: { podIPs: [{ ip: "1" }] },
      now: { podIPs: [{ ip: "2" }] },
      patch: { podIPs: [{ ip: "2" }, { $patch: "replace" }] },
    },
    {
      name: "a condition loses its reason",
      before: {
        conditions: [
          { type: "Ready", status: "False", reason: "R", message: "M" },
          { type: "Other", status: "True" },
        ],
      },
      now: { conditions: [{ type: "Ready", status: "True" }] },
      patch: { conditions: [{ type: "Ready", status: "True", reason: null, message: null }] },
    },
  ];
  for (const { name, before, now, patch } of cases) test(name, () => assert.deepEqual(statusPatch(before, now), patch));
});

describe("the status manager", () => {
  type Patch = Client["patch"];
  async function managed(patch: () => Promise<Pod>, body: (manager: StatusManager) => Promise<void>): Promise<void> {
    const abort = new AbortController();
    const client = {
      patch: patch as unknown as Patch,
      get: (async () => podOf({}, {}, { uid: "another" })) as unknown as Client["get"],
    };
    const manager = new StatusManager({ client, clock: systemClock, log: silentLogger });
    const running = manager.run(abort.signal);
    await body(manager);
    abort.abort();
    await running;
  }
  const pod = podOf({}, {});

  test("the newest status wins, one write at a time", async () => {
    const bodies: string[] = [];
    let open = 0;
    const patch = async (...args: unknown[]) => {
      assert.equal(++open, 1);
      const { body } = args[2] as { body: { status: PodStatus } };
      bodies.push(body.status.phase ?? "");
      await new Promise(setImmediate);
      open--;
      return podOf({}, body.status, { resourceVersion: "2" });
    };
    await managed(patch as () => Promise<Pod>, async (manager) => {
      for (const phase of ["Pending", "Running", "Failed"] as const) manager.report(pod, { phase }, () => {});
      await manager.settled("u1");
    });
    assert.equal(bodies.at(-1), "Failed");
    assert.ok(bodies.length < 3);
  });

  test("a server that is away for a moment is asked again", async () => {
    let calls = 0;
    const patch = async () => {
      if (calls++ === 0) throw new ApiError("ServiceUnavailable", "not now");
      return podOf();
    };
    await managed(patch, async (manager) => {
      manager.report(pod, { phase: "Running" }, () => {});
      await manager.settled("u1");
    });
    assert.equal(calls, 2);
  });

  for (const [name, error] of [
    ["is gone", notFound(Pods, "web")],
    ["has another owner of its name", conflict(Pods, "web", "the UID in the precondition does not match")],
  ] as const) {
    test(`a pod that ${name} is given up`, async () => {
      let calls = 0;
      const patch = async () => {
        calls++;
        throw error;
      };
      await managed(patch, async (manager) => {
        manager.report(pod, { phase: "Running" }, () => {});
        await manager.settled("u1");
      });
      assert.equal(calls, 1);
    });
  }
});
