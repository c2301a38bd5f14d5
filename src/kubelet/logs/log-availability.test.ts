import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "#api/core/v1/pod.ts";
import type { ContainerState } from "#api/core/v1/pod-status.ts";
import { whyNoLog } from "./log-availability.ts";

const pod = (state: ContainerState, lastState: ContainerState = {}): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace: "default", uid: "u", resourceVersion: "1", creationTimestamp: "" },
  spec: { containers: [{ name: "app" }] },
  status: {
    containerStatuses: [{ name: "app", ready: false, restartCount: 0, image: "", imageID: "", state, lastState }],
  },
});
const ended = { terminated: { exitCode: 1, containerID: "containerd://1" } };
const waiting = (reason: string) => ({ waiting: { reason } });

test("there is a log of what runs, has ended, or ran before", () => {
  assert.equal(whyNoLog(pod({ running: {} }), "app", false), undefined);
  assert.equal(whyNoLog(pod(ended), "app", false), undefined);
  assert.equal(whyNoLog(pod(waiting("CrashLoopBackOff"), ended), "app", false), undefined);
  assert.equal(whyNoLog(pod({ running: {} }, ended), "app", true), undefined);
});

test("otherwise the kubelet says why", () => {
  const cases: [string | undefined, string][] = [
    [whyNoLog(pod({}), "other", false), 'container "other" in pod "web" is not available'],
    [whyNoLog(pod(ended), "app", true), 'previous terminated container "app" in pod "web" not found'],
    [whyNoLog(pod({ terminated: { exitCode: 1 } }), "app", false), 'container "app" in pod "web" is terminated'],
    [whyNoLog(pod({}), "app", false), 'container "app" in pod "web" is waiting to start - no logs yet'],
    [
      whyNoLog(pod(waiting("ContainerCreating")), "app", false),
      'container "app" in pod "web" is waiting to start: ContainerCreating',
    ],
    [
      whyNoLog(pod(waiting("ErrImagePull")), "app", false),
      'container "app" in pod "web" is waiting to start: image can\'t be pulled',
    ],
    [
      whyNoLog(pod(waiting("ImagePullBackOff")), "app", false),
      'container "app" in pod "web" is waiting to start: trying and failing to pull image',
    ],
  ];
  for (const [actual, expected] of cases) assert.equal(actual, expected);
});
