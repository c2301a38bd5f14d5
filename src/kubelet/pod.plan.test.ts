import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Pod } from "#api/core/v1/pod.ts";
import { containerOf, podOf, sandboxOf, t0 } from "./pod.fixture.ts";
import { type PodAction, type PodFacts, planPod } from "./pod.plan.ts";

const idle = { sandbox: false, starting: new Set<string>(), stopping: new Map(), removing: new Set<string>() };

const facts = (more: Partial<PodFacts>): PodFacts => ({
  pod: podOf(),
  sandboxes: [],
  now: t0 + 2_000,
  inFlight: idle,
  released: new Set(),
  failures: new Map(),
  unhealthy: new Map(),
  started: () => true,
  ...more,
});

/** One line an action, short enough for a table. */
function line(action: PodAction): string {
  switch (action.do) {
    case "runSandbox":
      return `runSandbox ${action.attempt}`;
    case "startContainers":
      return `start ${action.starts.map((s) => `${s.name}#${s.attempt}${s.backoffMs ? `+${s.backoffMs / 1000}s` : ""}`).join(" ")}`;
    case "stopContainer":
      return `stop ${action.id} ${action.graceSeconds}s: ${action.message}`;
    default:
      return `${action.do} ${action.id}`;
  }
}

const plan = (more: Partial<PodFacts>) => planPod(facts(more)).actions.map(line);

const two = podOf({ containers: [{ name: "a" }, { name: "b" }] as Pod["spec"]["containers"] });
const withInit = (restartPolicy: "Always" | "Never" = "Always") =>
  podOf({
    restartPolicy,
    initContainers: [{ name: "i1" }, { name: "i2" }] as Pod["spec"]["containers"],
  });
const withSidecar = podOf({
  initContainers: [{ name: "side", restartPolicy: "Always" }, { name: "init" }] as Pod["spec"]["containers"],
});
const never = podOf({ restartPolicy: "Never" });
const onFailure = podOf({ restartPolicy: "OnFailure" });
const backoff = (seconds: number) => ({ annotations: { "io.minik8s.container.backoff": String(seconds * 1000) } });
const failed = { exitCode: 1 };

interface Case {
  readonly name: string;
  readonly given: Partial<PodFacts>;
  readonly actions: readonly string[];
}

const cases: readonly Case[] = [
  { name: "a new pod gets a sandbox", given: {}, actions: ["runSandbox 0"] },
  { name: "one being made is waited for", given: { inFlight: { ...idle, sandbox: true } }, actions: [] },
  {
    name: "one that failed waits for its time",
    given: { failures: new Map([["", { reason: "", message: "", retryAt: t0 + 9_000 }]]) },
    actions: [],
  },
  { name: "all containers start", given: { pod: two, sandboxes: [sandboxOf()] }, actions: ["start a#0 b#0"] },
  {
    name: "what is being started is not started twice",
    given: { pod: two, sandboxes: [sandboxOf()], inFlight: { ...idle, starting: new Set(["a"]) } },
    actions: ["start b#0"],
  },
  { name: "what runs is left alone", given: { sandboxes: [sandboxOf([containerOf("app", "running")])] }, actions: [] },
  {
    name: "one left between creation and start is made anew",
    given: { sandboxes: [sandboxOf([containerOf("app", "created")])] },
    actions: ["removeContainer app-0", "start app#1"],
  },
  {
    name: "the first init container alone",
    given: { pod: withInit(), sandboxes: [sandboxOf()] },
    actions: ["start i1#0"],
  },
  {
    name: "an init container that runs is waited for",
    given: { pod: withInit(), sandboxes: [sandboxOf([containerOf("i1", "running")])] },
    actions: [],
  },
  {
    name: "the second after the first has succeeded",
    given: { pod: withInit(), sandboxes: [sandboxOf([containerOf("i1", "exited")])] },
    actions: ["start i2#0"],
  },
  {
    name: "the others after the last init container",
    given: { pod: withInit(), sandboxes: [sandboxOf([containerOf("i1", "exited"), containerOf("i2", "exited")])] },
    actions: ["start app#0"],
  },
  {
    name: "a failed init container is tried again",
    given: { pod: withInit(), sandboxes: [sandboxOf([containerOf("i1", "exited", failed)])] },
    actions: ["start i1#1+10s"],
  },
  {
    name: "a failed init container ends a pod that never restarts",
    given: { pod: withInit("Never"), sandboxes: [sandboxOf([containerOf("i1", "exited", failed)])] },
    actions: ["stopSandbox s0"],
  },
  {
    name: "init containers that are gone are not run again beside the others",
    given: { pod: withInit(), sandboxes: [sandboxOf([containerOf("app", "running")])] },
    actions: [],
  },
  {
    name: "an init container that stays lets the next one start",
    given: { pod: withSidecar, sandboxes: [sandboxOf([containerOf("side", "running")])] },
    actions: ["start init#0"],
  },
  {
    name: "unless it has not passed its startup probe",
    given: { pod: withSidecar, sandboxes: [sandboxOf([containerOf("side", "running")])], started: () => false },
    actions: [],
  },
  {
    name: "it is started again beside the others, even after success",
    given: { pod: withSidecar, sandboxes: [sandboxOf([containerOf("app", "running"), containerOf("side", "exited")])] },
    actions: ["start side#1+10s"],
  },
  {
    name: "Always starts again what succeeded, at once the first time",
    given: { sandboxes: [sandboxOf([containerOf("app", "exited")])] },
    actions: ["start app#1+10s"],
  },
  {
    name: "then after the back-off",
    given: { sandboxes: [sandboxOf([containerOf("app", "exited", { attempt: 1, ...backoff(10) })])] },
    actions: [],
  },
  {
    name: "which doubles",
    given: { now: t0 + 11_000, sandboxes: [sandboxOf([containerOf("app", "exited", { attempt: 1, ...backoff(10) })])] },
    actions: ["start app#2+20s"],
  },
  {
    name: "up to five minutes",
    given: {
      now: t0 + 301_000,
      sandboxes: [sandboxOf([containerOf("app", "exited", { attempt: 9, ...backoff(300) })])],
    },
    actions: ["start app#10+300s"],
  },
  {
    name: "and begins anew after ten minutes of running",
    given: {
      now: t0 + 601_000,
      sandboxes: [sandboxOf([containerOf("app", "exited", { attempt: 9, finishedAt: t0 + 600_001, ...backoff(300) })])],
    },
    actions: ["start app#10+10s"],
  },
  {
    name: "OnFailure starts again what failed",
    given: { pod: onFailure, sandboxes: [sandboxOf([containerOf("app", "exited", failed)])] },
    actions: ["start app#1+10s"],
  },
  {
    name: "OnFailure lets success be",
    given: { pod: onFailure, sandboxes: [sandboxOf([containerOf("app", "exited")])] },
    actions: ["stopSandbox s0"],
  },
  {
    name: "Never lets failure be",
    given: { pod: never, sandboxes: [sandboxOf([containerOf("app", "exited", failed)])] },
    actions: ["stopSandbox s0"],
  },
  {
    name: "the end is not ended twice",
    given: {
      pod: never,
      sandboxes: [sandboxOf([containerOf("app", "exited")], { ready: false })],
      released: new Set(["s0"]),
    },
    actions: [],
  },
  {
    name: "a container's own rule goes before the pod's policy",
    given: {
      pod: podOf({
        restartPolicy: "Never",
        containers: [
          { name: "app", restartPolicyRules: [{ action: "Restart", exitCodes: { operator: "In", values: [42] } }] },
        ] as Pod["spec"]["containers"],
      }),
      sandboxes: [sandboxOf([containerOf("app", "exited", { exitCode: 42 })])],
    },
    actions: ["start app#1+10s"],
  },
  {
    name: "a dead sandbox gives its network back first",
    given: { sandboxes: [sandboxOf([containerOf("app", "running")], { ready: false })] },
    actions: ["stopSandbox s0"],
  },
  {
    name: "then a new one takes its place",
    given: { sandboxes: [sandboxOf([containerOf("app", "exited")], { ready: false })], released: new Set(["s0"]) },
    actions: ["runSandbox 1"],
  },
  {
    name: "in the new one init containers run again and restarts go on counting",
    given: {
      pod: withInit(),
      sandboxes: [
        sandboxOf([containerOf("i1", "exited"), containerOf("app", "exited")], { ready: false }),
        sandboxOf([], { id: "s1", attempt: 1 }),
      ],
      released: new Set(["s0"]),
    },
    actions: ["start i1#1"],
  },
  {
    name: "a second living sandbox is surplus",
    given: { sandboxes: [sandboxOf(), sandboxOf([containerOf("app", "running")], { id: "s1", attempt: 1 })] },
    actions: ["stopSandbox s0"],
  },
  {
    name: "an old sandbox with nothing left in it goes",
    given: {
      sandboxes: [
        sandboxOf([], { ready: false }),
        sandboxOf([containerOf("app", "running")], { id: "s1", attempt: 1 }),
      ],
      released: new Set(["s0"]),
    },
    actions: ["removeSandbox s0"],
  },
  {
    name: "of ended containers the last one stays",
    given: {
      sandboxes: [
        sandboxOf([
          containerOf("app", "exited"),
          containerOf("app", "exited", { attempt: 1 }),
          containerOf("app", "running", { attempt: 2 }),
        ]),
      ],
    },
    actions: ["removeContainer app-0"],
  },
  {
    name: "a changed image stops the container",
    given: {
      sandboxes: [
        sandboxOf([containerOf("app", "running", { annotations: { "io.kubernetes.container.hash": "app=old" } })]),
      ],
    },
    actions: ["stop app-0 30s: Container app definition changed, will be restarted"],
  },
  {
    name: "a failed liveness probe stops the container, with the probe's grace",
    given: {
      sandboxes: [sandboxOf([containerOf("app", "running")])],
      unhealthy: new Map([["app-0", { probe: "liveness", graceSeconds: 5 }]]),
    },
    actions: ["stop app-0 5s: Container app failed liveness probe, will be restarted"],
  },
  {
    name: "an image that was not to be had waits",
    given: {
      sandboxes: [sandboxOf()],
      failures: new Map([["app", { reason: "ErrImagePull", message: "no", retryAt: t0 + 9_000 }]]),
    },
    actions: [],
  },
  {
    name: "after a reboot what the API server remembers counts as the one before",
    given: {
      pod: podOf(
        {},
        {
          containerStatuses: [
            { name: "app", containerID: "containerd://x", restartCount: 4, ready: true, image: "", imageID: "" },
          ],
        },
      ),
      sandboxes: [sandboxOf()],
    },
    actions: ["start app#5"],
  },
  {
    name: "a pod that must end stops what runs",
    given: { sandboxes: [sandboxOf([containerOf("app", "running")])], ending: { graceSeconds: 7 } },
    actions: ["stop app-0 7s: Stopping container app"],
  },
  {
    name: "what is being stopped is not stopped again",
    given: {
      sandboxes: [sandboxOf([containerOf("app", "running")])],
      ending: { graceSeconds: 7 },
      inFlight: { ...idle, stopping: new Map([["app-0", t0 + 8_000]]) },
    },
    actions: [],
  },
  {
    name: "unless its grace was shortened; it is never less than a second",
    given: {
      sandboxes: [sandboxOf([containerOf("app", "running")])],
      ending: { graceSeconds: 0 },
      inFlight: { ...idle, stopping: new Map([["app-0", t0 + 30_000]]) },
    },
    actions: ["stop app-0 1s: Stopping container app"],
  },
  {
    name: "init containers that stay end last",
    given: {
      pod: withSidecar,
      sandboxes: [sandboxOf([containerOf("side", "running"), containerOf("app", "running")])],
      ending: { graceSeconds: 7 },
    },
    actions: ["stop app-0 7s: Stopping container app"],
  },
  {
    name: "then the sandbox",
    given: { sandboxes: [sandboxOf([containerOf("app", "exited")])], ending: { graceSeconds: 7 } },
    actions: ["stopSandbox s0"],
  },
  {
    name: "a container half started is waited for",
    given: { sandboxes: [sandboxOf()], ending: { graceSeconds: 7 }, inFlight: { ...idle, starting: new Set(["app"]) } },
    actions: [],
  },
  { name: "a pod that never ran has nothing to end", given: { ending: { graceSeconds: 7 } }, actions: [] },
];

describe("what is planned for a pod", () => {
  for (const { name, given, actions } of cases) test(name, () => assert.deepEqual(plan(given), actions));

  test("a container that backs off says for how long, and when to look again", () => {
    const ended = containerOf("app", "exited", { attempt: 2, ...backoff(20) });
    const { waiting, again, backingOff } = planPod(facts({ sandboxes: [sandboxOf([ended])] }));
    assert.deepEqual(waiting.get("app"), {
      reason: "CrashLoopBackOff",
      message: "back-off 20s restarting failed container=app pod=web_default(u1)",
    });
    assert.equal(again, t0 + 21_000);
    assert.deepEqual(backingOff, [{ name: "app", id: "app-2" }]);
  });

  test("a deadline is looked forward to, and then ends the pod", () => {
    const pod = podOf({ activeDeadlineSeconds: 60 }, { startTime: "2030-01-01T00:00:00Z" });
    const sandboxes = [sandboxOf([containerOf("app", "running")])];
    assert.equal(planPod(facts({ pod, sandboxes })).again, t0 + 60_000);
    const over = planPod(facts({ pod, sandboxes, now: t0 + 60_000 }));
    assert.equal(over.ending?.reason, "DeadlineExceeded");
    assert.deepEqual(over.actions.map(line), ["stop app-0 30s: Stopping container app"]);
  });

  test("it is finished when nothing is left to stop", () => {
    const sandboxes = [sandboxOf([containerOf("app", "exited")], { ready: false })];
    assert.equal(planPod(facts({ sandboxes, ending: { graceSeconds: 1 } })).finished, false);
    const released = new Set(["s0"]);
    assert.equal(planPod(facts({ sandboxes, released, ending: { graceSeconds: 1 } })).finished, true);
    assert.equal(planPod(facts({ ending: { graceSeconds: 1 } })).finished, true);
  });
});
