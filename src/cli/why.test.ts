import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event } from "#api/core/v1/event.ts";
import type { Namespace } from "#api/core/v1/namespace.ts";
import type { Node } from "#api/core/v1/node.ts";
import type { Pod } from "#api/core/v1/pod.ts";
import { nodeRefusals } from "./node-refusals.ts";
import { type PodFacts, whyPod } from "./why.plan.ts";

const now = Date.parse("2030-01-01T00:10:00Z");
const at = (secondsAgo: number) => `${new Date(now - secondsAgo * 1000).toISOString().slice(0, 19)}Z`;
const event = (reason: string, message: string, secondsAgo = 60) =>
  ({ reason, message, lastTimestamp: at(secondsAgo) }) as Event;

interface Given {
  readonly spec?: object;
  readonly status?: object;
  readonly metadata?: object;
  readonly events?: readonly Event[];
  readonly nodes?: Readonly<Record<string, readonly string[]>>;
}

function told({ spec = {}, status = {}, metadata = {}, events = [], nodes = {} }: Given): string {
  const pod = {
    metadata: { name: "web", namespace: "d", ...metadata },
    spec: { nodeName: "n", containers: [{ name: "c" }], ...spec },
    status: { phase: "Pending", ...status },
  } as unknown as Pod;
  const facts: PodFacts = { namespace: "d", name: "web", pod, events, nodes: new Map(Object.entries(nodes)), now };
  return whyPod(facts).join("\n");
}

const container = (more: object) => ({ containerStatuses: [{ name: "c", image: "app:1", restartCount: 0, ...more }] });
const waiting = (reason: string, message = "") => container({ state: { waiting: { reason, message } } });
const running = { running: { startedAt: at(120) } };
const ready = { conditions: [{ type: "Ready", status: "True" }] };

const cases: readonly (readonly [what: string, given: Given, ...says: RegExp[]])[] = [
  ["gated", { spec: { nodeName: "", schedulingGates: [{ name: "quota" }] } }, /no node yet/, /scheduling gates: quota/],
  ["another scheduler's", { spec: { nodeName: "", schedulerName: "mine" } }, /a scheduler named mine/],
  ["in a cluster without nodes", { spec: { nodeName: "" } }, /no node at all/],
  [
    "taken by nobody",
    { spec: { nodeName: "" }, nodes: { a: ["is full"], b: ["is cordoned", "is slow"] } },
    /No node can take it/,
    /a: is full/,
    /b: is cordoned; is slow/,
  ],
  ["about to be placed", { spec: { nodeName: "" }, nodes: { a: [], b: ["is full"] } }, /1 of 2 nodes could take it/],
  [
    "making room for itself",
    { spec: { nodeName: "" }, status: { nominatedNodeName: "a" }, nodes: { a: ["is full"] } },
    /being removed from a to make room/,
  ],
  [
    "without an image",
    { status: waiting("ImagePullBackOff", "Back-off: unauthorized") },
    /not running yet \(on node n\)/,
    /image app:1 cannot be pulled: its registry wants credentials/,
  ],
  ["of an image that must not be pulled", { status: waiting("ErrImageNeverPull") }, /imagePullPolicy Never/],
  ["of a name that is none", { status: waiting("InvalidImageName") }, /no name that an image can have/],
  [
    "without its configuration",
    { status: waiting("CreateContainerConfigError", 'configmap "x" not found') },
    /cannot be started: configmap "x" not found/,
  ],
  [
    "crashing",
    {
      status: {
        phase: "Running",
        ...container({
          restartCount: 4,
          state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 1m20s restarting failed container=c" } },
          lastState: { terminated: { exitCode: 127, finishedAt: at(20) } },
        }),
      },
    },
    /fails again and again \(4 restarts\), the next start is in 60s/,
    /exit code 127: its command was not found/,
    /minik8s logs web -c c --previous/,
  ],
  [
    "too hungry",
    {
      status: {
        phase: "Running",
        ...ready,
        ...container({
          ready: true,
          restartCount: 2,
          state: running,
          lastState: { terminated: { exitCode: 137, reason: "OOMKilled", finishedAt: at(130) } },
        }),
      },
    },
    /runs and is ready/,
    /restarted 2 times; 2m10s ago it ended with exit code 137: it used more memory than its limit allows/,
  ],
  [
    "not ready",
    {
      spec: { containers: [{ name: "c", readinessProbe: {} }], readinessGates: [{ conditionType: "lb" }] },
      status: { phase: "Running", ...container({ ready: false, started: true, state: running }) },
      events: [event("Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 500")],
    },
    /is not well/,
    /has been running for 2m, but its readiness probe has not succeeded yet/,
    /statuscode: 500/,
    /set its condition lb to True/,
  ],
  [
    "without a volume",
    { status: waiting("ContainerCreating"), events: [event("FailedMount", 'secret "s" not found', 5)] },
    /A volume cannot be made: secret "s" not found \(5s ago\)/,
  ],
  [
    "just starting",
    { status: waiting("ContainerCreating"), events: [event("Scheduled", "yes", 1)] },
    /being started/,
    /Scheduled: yes/,
  ],
  [
    "failed for good",
    { status: { phase: "Failed", ...container({ state: { terminated: { exitCode: 3 } } }) } },
    /failed for good/,
    /ended with exit code 3/,
  ],
  [
    "evicted",
    { status: { phase: "Failed", reason: "Evicted", message: "low on memory" } },
    /for good: Evicted, low on memory/,
  ],
  ["done", { status: { phase: "Succeeded" } }, /has done its work/],
  ["kept by a finalizer", { metadata: { deletionTimestamp: at(5), finalizers: ["x/y"] } }, /finalizers: x\/y/],
  ["leaving", { metadata: { deletionTimestamp: at(-20) } }, /have 20s left/],
  ["stuck on a node", { metadata: { deletionTimestamp: at(90) } }, /ended 90s ago\. Does node n answer\?/],
];
for (const [what, given, ...says] of cases) {
  test(`a pod that is ${what}`, () => {
    const text = told(given);
    for (const pattern of says) assert.match(text, pattern);
  });
}

test("a pod that is gone is remembered by its events", () => {
  const facts = { namespace: "d", name: "web", pod: undefined, nodes: new Map(), now };
  assert.match(whyPod({ ...facts, events: [] }).join("\n"), /no pod web in namespace d\.\nNothing is remembered/);
  const preempted = [event("Preempted", "Preempted by pod x on node n"), event("Killing", "Stopping container c", 50)];
  const text = whyPod({ ...facts, events: preempted }).join("\n");
  assert.match(text, /made room for a more important pod\.\nWhat happened to it last:\n {2}60s ago {2}Preempted: /);
});

test("why each node cannot take a pod, with the figures", () => {
  const node = (name: string, spec: object = {}) =>
    ({
      metadata: { name },
      spec,
      status: { allocatable: { cpu: "2", memory: "4Gi", pods: "110" } },
    }) as unknown as Node;
  const pod = (cpu: string, nodeName?: string) =>
    ({
      metadata: { name: `p${nodeName}`, namespace: "d" },
      spec: { nodeName, containers: [{ name: "c", resources: { requests: { cpu } } }] },
    }) as unknown as Pod;
  const objects = {
    nodes: [
      node("busy"),
      node("closed", { unschedulable: true }),
      node("tainted", { taints: [{ key: "gpu", effect: "NoSchedule" }] }),
    ],
    pods: [pod("1500m", "busy")],
    namespaces: [] as Namespace[],
  };
  assert.deepEqual(Object.fromEntries(nodeRefusals(pod("1"), objects)), {
    busy: ["has too little cpu: the pod asks for 1, 500m of 2 is not promised yet"],
    closed: ["is cordoned (kubectl uncordon takes it in again)"],
    tainted: ["has the taint gpu:NoSchedule, which the pod does not tolerate"],
  });
});
