/** A real kubectl inside a real pod: it finds the API by its environment, knows it by ca.crt and is the pod's account. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { newKubectl } from "../support/clients.ts";
import type { Kubectl } from "../support/kubectl.ts";
import { type Machine, needsRealContainers, startMachine, webImage } from "../support/machine.ts";

describe("clients inside the cluster", needsRealContainers, () => {
  let machine: Machine;
  let k: Kubectl;
  before(async () => {
    machine = await startMachine();
    k = await machine.kubectl("1.35", "inside");
    await k.ok("create serviceaccount robot");
    const pods = await k.file(`
apiVersion: v1
kind: Pod
metadata: {name: client}
spec:
  serviceAccountName: robot
  terminationGracePeriodSeconds: 0
  containers:
  - name: c
    image: ${webImage}
    command: [sleep, "1000"]
    volumeMounts: [{name: kubectl, mountPath: /kubectl, readOnly: true}]
  volumes:
  - {name: kubectl, hostPath: {path: ${newKubectl()}, type: File}}
---
apiVersion: v1
kind: Pod
metadata: {name: alone}
spec:
  automountServiceAccountToken: false
  terminationGracePeriodSeconds: 0
  containers: [{name: c, image: ${webImage}, command: [sleep, "1000"]}]
`);
    await k.ok(["apply", "-f", pods]);
    await k.ok("wait --for=condition=Ready pod --all --timeout=60s");
  });
  after(() => machine?.[Symbol.asyncDispose]());

  const inside = (words: string) => `exec client -- /kubectl ${words}`;

  test("who it is and where it runs", async () => {
    const me = await k.ok(inside("auth whoami"));
    assert.match(me, /Username +system:serviceaccount:inside:robot/);
    assert.match(me, /pod-name +\[client\]/);
  });

  test("it may what its account is given, from then on and until it is taken back", async () => {
    assert.match(
      await k.fails(inside("get pods"), { code: 1 }),
      /User "system:serviceaccount:inside:robot" cannot list resource "pods" in API group "" in the namespace "inside"/,
    );
    await k.ok("create rolebinding robot --clusterrole=view --serviceaccount=inside:robot");
    assert.equal(await k.ok(inside("get pods -o name")), "pod/alone\npod/client");
    await k.ok("delete rolebinding robot");
    assert.match(await k.fails(inside("get pods"), { code: 1 }), /cannot list resource "pods"/);
  });

  test("a pod that wants no token has none", async () => {
    await k.fails("exec alone -- ls /var/run/secrets/kubernetes.io/serviceaccount", { code: 1 });
  });

  test("the token ends with the pod", async () => {
    const token = await k.ok("exec client -- cat /var/run/secrets/kubernetes.io/serviceaccount/token");
    const bring = ["--token", token, "--server", `https://127.0.0.1:${machine.port}`, "--insecure-skip-tls-verify"];
    const whoami = ["auth", "whoami", "--kubeconfig", "/dev/null", ...bring];
    assert.match(await k.ok(whoami), /system:serviceaccount:inside:robot/);
    await k.ok("delete pod client");
    assert.match(await k.fails(whoami), /Unauthorized|must be logged in/);
  });
});
