import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Pod } from "#api/core/v1/pod.ts";
import type { PodStatus } from "#api/core/v1/pod-status.ts";
import { containerOf, podOf, sandboxOf, t0 } from "./pod.fixture.ts";
import { podStatus, type StatusFacts } from "./pod-status.ts";

const status = (more: Partial<StatusFacts> = {}): PodStatus =>
  podStatus({
    pod: podOf(),
    sandboxes: [],
    runtimeName: "containerd",
    waiting: new Map(),
    isReady: () => true,
    isStarted: () => true,
    messageOf: () => undefined,
    now: t0 + 5_000,
    hostIPs: ["192.0.2.1"],
    finished: false,
    ...more,
  });

/** `Initialized=False(ContainersNotInitialized)` … without the two that hardly change. */
const conditions = ({ conditions = [] }: PodStatus) =>
  Object.fromEntries(conditions.map(({ type, status, reason }) => [type, reason ? `${status} ${reason}` : status]));

const running = sandboxOf([containerOf("app", "running")]);
const withInit = (restartPolicy: Pod["spec"]["restartPolicy"] = "Always") =>
  podOf({ restartPolicy, initContainers: [{ name: "init", image: "init:1" }] as Pod["spec"]["containers"] });

describe("phase and conditions", () => {
  const cases: readonly {
    readonly name: string;
    readonly given: Partial<StatusFacts>;
    readonly phase: string;
    readonly ready: string;
    readonly initialized?: string;
    readonly network?: string;
  }[] = [
    { name: "nothing yet", given: {}, phase: "Pending", ready: "False ContainersNotReady", network: "False" },
    { name: "a sandbox", given: { sandboxes: [sandboxOf()] }, phase: "Pending", ready: "False ContainersNotReady" },
    { name: "running", given: { sandboxes: [running] }, phase: "Running", ready: "True" },
    {
      name: "running, not ready",
      given: { sandboxes: [running], isReady: () => false },
      phase: "Running",
      ready: "False ContainersNotReady",
    },
    {
      name: "an init container runs",
      given: { pod: withInit(), sandboxes: [sandboxOf([containerOf("init", "running")])] },
      phase: "Pending",
      ready: "False ContainersNotReady",
      initialized: "False ContainersNotInitialized",
    },
    {
      name: "an init container has failed for good",
      given: {
        pod: withInit("Never"),
        sandboxes: [sandboxOf([containerOf("init", "exited", { exitCode: 2 })])],
        finished: true,
      },
      phase: "Failed",
      ready: "False PodFailed",
      initialized: "False ContainersNotInitialized",
    },
    {
      name: "a container backs off",
      given: {
        sandboxes: [sandboxOf([containerOf("app", "exited", { exitCode: 1 })])],
        waiting: new Map([["app", { reason: "CrashLoopBackOff", message: "…" }]]),
      },
      phase: "Running",
      ready: "False ContainersNotReady",
    },
    {
      name: "all succeeded",
      given: {
        pod: podOf({ restartPolicy: "OnFailure" }),
        sandboxes: [sandboxOf([containerOf("app", "exited")], { ready: false })],
        finished: true,
      },
      phase: "Succeeded",
      ready: "False PodCompleted",
      initialized: "True PodCompleted",
      network: "False",
    },
    {
      name: "one failed",
      given: { sandboxes: [sandboxOf([containerOf("app", "exited", { exitCode: 1 })])], finished: true },
      phase: "Failed",
      ready: "False PodFailed",
    },
    {
      name: "over its deadline, though still stopping",
      given: { sandboxes: [running], ending: { graceSeconds: 1, phase: "Failed", reason: "DeadlineExceeded" } },
      phase: "Failed",
      ready: "False PodFailed",
    },
    {
      name: "what was over stays over",
      given: { pod: podOf({}, { phase: "Succeeded" }), sandboxes: [], finished: true },
      phase: "Succeeded",
      ready: "False PodCompleted",
      initialized: "True PodCompleted",
      network: "False",
    },
    {
      name: "a readiness gate that nobody has opened",
      given: { pod: podOf({ readinessGates: [{ conditionType: "example.com/open" }] }), sandboxes: [running] },
      phase: "Running",
      ready: "False ReadinessGatesNotReady",
    },
  ];
  for (const { name, given, phase, ready, initialized = "True", network = "True" } of cases) {
    test(name, () => {
      const found = status(given);
      const { Ready, Initialized, PodReadyToStartContainers, PodScheduled } = conditions(found);
      assert.deepEqual(
        { phase: found.phase, Ready, Initialized, PodReadyToStartContainers, PodScheduled },
        {
          phase,
          Ready: ready,
          Initialized: initialized,
          PodReadyToStartContainers: network,
          PodScheduled: "True",
        },
      );
    });
  }

  test("a transition time changes with the status, not with the reason", () => {
    const old = "2029-12-31T00:00:00Z";
    const before = [
      { type: "Ready", status: "False", reason: "SomethingElse", lastTransitionTime: old },
      { type: "ContainersReady", status: "True", lastTransitionTime: old },
    ];
    const { conditions: found = [] } = status({ pod: podOf({}, { conditions: before }) });
    const time = (type: string) => found.find((c) => c.type === type)?.lastTransitionTime;
    assert.equal(time("Ready"), old);
    assert.equal(time("ContainersReady"), "2030-01-01T00:00:05Z");
  });

  test("unready containers are named", () => {
    const containers = [{ name: "a" }, { name: "b" }] as Pod["spec"]["containers"];
    const found = status({ pod: podOf({ containers }), sandboxes: [sandboxOf([containerOf("a", "running")])] });
    const ready = found.conditions?.find(({ type }) => type === "Ready");
    assert.equal(ready?.message, "containers with unready status: [b]");
  });
});

describe("container statuses", () => {
  const only = (more: Partial<StatusFacts>) => status(more).containerStatuses?.[0];

  test("a running container", () => {
    assert.deepEqual(only({ sandboxes: [running] }), {
      name: "app",
      state: { running: { startedAt: "2030-01-01T00:00:00Z" } },
      lastState: {},
      ready: true,
      restartCount: 0,
      image: "app:1",
      imageID: "app@sha256:1",
      containerID: "containerd://app-0",
      started: true,
      resources: {},
    });
  });

  test("one that was started again shows how the one before ended", () => {
    const before = containerOf("app", "exited", { exitCode: 137, reason: "OOMKilled" });
    const found = only({ sandboxes: [sandboxOf([before, containerOf("app", "running", { attempt: 1 })])] });
    assert.equal(found?.restartCount, 1);
    assert.deepEqual(found.lastState?.terminated, {
      exitCode: 137,
      reason: "OOMKilled",
      startedAt: "2030-01-01T00:00:00Z",
      finishedAt: "2030-01-01T00:00:01Z",
      containerID: "containerd://app-0",
    });
  });

  test("one that backs off shows why it waits and how it ended", () => {
    const waiting = new Map([["app", { reason: "CrashLoopBackOff", message: "back-off 10s" }]]);
    const sandboxes = [sandboxOf([containerOf("app", "exited", { exitCode: 1 })])];
    const found = only({ sandboxes, waiting, messageOf: () => "no such file" });
    assert.deepEqual(found?.state, { waiting: { reason: "CrashLoopBackOff", message: "back-off 10s" } });
    assert.equal(found?.lastState?.terminated?.message, "no such file");
    assert.equal(found?.ready, false);
  });

  test("waiting has the reason that fits the pod", () => {
    assert.equal(only({})?.state?.waiting?.reason, "ContainerCreating");
    assert.equal(only({ pod: withInit() })?.state?.waiting?.reason, "PodInitializing");
    const waiting = new Map([["app", { reason: "ErrImagePull", message: "no" }]]);
    assert.deepEqual(only({ waiting })?.state?.waiting, { reason: "ErrImagePull", message: "no" });
  });

  test("a container that the runtime has forgotten is counted on from what was reported", () => {
    const reported = {
      name: "app",
      state: { running: { startedAt: "2029-12-31T00:00:00Z" } },
      ready: true,
      restartCount: 2,
      image: "app:1",
      imageID: "id",
      containerID: "containerd://gone",
    };
    const pod = podOf({}, { containerStatuses: [reported] });
    const waiting = only({ pod });
    assert.equal(waiting?.restartCount, 2);
    assert.equal(waiting.containerID, "containerd://gone");
    assert.equal(waiting.lastState?.terminated?.exitCode, 137);
    const again = only({ pod, sandboxes: [sandboxOf([containerOf("app", "running", { attempt: 3 })])] });
    assert.equal(again?.lastState?.terminated?.reason, "ContainerStatusUnknown");
    assert.equal(only({ pod, finished: true })?.state?.terminated?.reason, "ContainerStatusUnknown");
  });

  test("resources are those that hold", () => {
    const resources = { limits: { memory: "64Mi" }, requests: { memory: "32Mi" } };
    const pod = podOf({ containers: [{ name: "app", image: "app:1", resources }] as Pod["spec"]["containers"] });
    const found = only({ pod, sandboxes: [running] });
    assert.deepEqual([found?.resources, found?.allocatedResources], [resources, { memory: "32Mi" }]);
  });
});

describe("addresses and times", () => {
  test("are the sandbox's, and stay when it is gone", () => {
    const found = status({ sandboxes: [running] });
    assert.deepEqual([found.podIP, found.podIPs, found.hostIP], ["10.0.0.5", [{ ip: "10.0.0.5" }], "192.0.2.1"]);
    const later = status({ pod: podOf({}, found), sandboxes: [], finished: true });
    assert.equal(later.podIP, "10.0.0.5");
    assert.equal(later.startTime, found.startTime);
  });

  test("of a pod in the host's network are the host's", () => {
    assert.equal(
      status({ pod: podOf({ hostNetwork: true }), sandboxes: [sandboxOf([], { ips: [] })] }).podIP,
      "192.0.2.1",
    );
  });

  test("observedGeneration follows the pod", () => {
    assert.equal(status({ pod: podOf({}, undefined, { generation: 3 }) }).observedGeneration, 3);
  });
});
