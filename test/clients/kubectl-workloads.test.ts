/** Deployments, Services and nodes of a running cluster under kubectl's hands: rollouts, scaling, traffic, drain and taints. */
import assert from "node:assert/strict";
import { get } from "node:http";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import type { Kubectl } from "../support/kubectl.ts";
import { type KubectlVersion, type Machine, needsRealContainers, startMachine, webImage } from "../support/machine.ts";

const deployment = (name: string, more = "") => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}}
spec:
  replicas: 3
  ${more}
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{name: main, image: "${webImage}"}]
`;

describe("kubectl and workloads", needsRealContainers, () => {
  let machine: Machine;
  before(async () => {
    machine = await startMachine();
  });
  after(() => machine?.[Symbol.asyncDispose]());

  for (const version of ["1.20", "1.35"] as const) describe(`kubectl ${version}`, () => suite(version));

  function suite(version: KubectlVersion): void {
    const isNew = version !== "1.20";
    const inNamespace = (name: string) => machine.kubectl(version, `${name}-${version.replace(".", "-")}`);
    const rolledOut = (kubectl: Kubectl, name: string) => kubectl.ok(`rollout status deployment ${name} --timeout=30s`);

    test("rollout: status, history, undo, restart, pause, resume", async () => {
      const kubectl = await inNamespace("rollout");
      const cause = (text: string) =>
        kubectl.ok(["annotate", "deployment", "web", "--overwrite", `kubernetes.io/change-cause=${text}`]);
      await kubectl.apply(deployment("web"));
      assert.match(await rolledOut(kubectl, "web"), /^deployment "web" successfully rolled out$/m);
      await cause("first");
      assert.equal(await kubectl.ok("set env deployment web A=1"), "deployment.apps/web env updated");
      assert.match(
        await rolledOut(kubectl, "web"),
        /^Waiting for deployment "web" rollout to finish: .*\n(.*\n)*deployment "web" successfully rolled out$/,
      );
      await cause("second");
      assert.equal(
        await kubectl.ok("rollout history deployment web"),
        "deployment.apps/web \nREVISION  CHANGE-CAUSE\n1         first\n2         second",
      );
      assert.match(
        await kubectl.ok("rollout history deployment web --revision=2"),
        /^deployment.apps\/web with revision #2\nPod Template:\n(.*\n)* {6}A:\t1$/m,
      );

      assert.equal(await kubectl.ok("rollout undo deployment web"), "deployment.apps/web rolled back");
      await rolledOut(kubectl, "web");
      assert.match(await kubectl.ok("rollout history deployment web"), /\n2 +second\n3 +first$/);
      assert.equal(await kubectl.ok("get deployment web -o jsonpath={..env}"), "");
      assert.equal(
        await kubectl.fails("rollout undo deployment web --to-revision=99"),
        "error: unable to find specified revision 99 in history",
      );

      const before = await kubectl.ok("get pods -o name");
      assert.equal(await kubectl.ok("rollout restart deployment web"), "deployment.apps/web restarted");
      await rolledOut(kubectl, "web");
      const names = new Set(before.split("\n"));
      await kubectl.ok(["wait", "--for=delete", ...names, "--timeout=20s"]).catch((error) => {
        if (isNew || !/no matching resources found/.test(String(error))) throw error;
      });
      assert.ok((await kubectl.ok("get pods -o name")).split("\n").every((name) => (isNew ? !names.has(name) : true)));

      assert.equal(await kubectl.ok("rollout pause deployment web"), "deployment.apps/web paused");
      assert.equal(
        await kubectl.fails("rollout pause deployment web"),
        'error: deployments.apps "web" is already paused',
      );
      assert.match(
        await kubectl.fails("rollout restart deployment web"),
        /can't restart paused deployment \(run rollout resume first\)$/,
      );
      const hash = "get pods -o jsonpath={.items[*].metadata.labels.pod-template-hash}";
      const running = new Set((await kubectl.ok(`${hash} --field-selector=status.phase=Running`)).split(" "));
      await kubectl.ok("set env deployment web B=2");
      assert.equal(await kubectl.ok("scale deployment web --replicas=2"), "deployment.apps/web scaled");
      await kubectl.shows("get deployment --field-selector=metadata.name=web -w", /web +2\/2 +0 +2 /);
      assert.equal(await kubectl.ok("rollout resume deployment web"), "deployment.apps/web resumed");
      await rolledOut(kubectl, "web");
      const latest = new Set((await kubectl.ok(`${hash} --field-selector=status.phase=Running`)).split(" "));
      assert.notDeepEqual(latest, running);
      assert.equal(
        await kubectl.ok("delete deployment web"),
        `deployment.apps "web" deleted${isNew ? ` from ${kubectl.namespace} namespace` : ""}`,
      );
    });

    test("a rollout that cannot go on keeps what runs, and says so", async () => {
      const kubectl = await inNamespace("stuck");
      await kubectl.apply(deployment("web", "progressDeadlineSeconds: 2"));
      await rolledOut(kubectl, "web");
      await kubectl.ok("set image deployment web main=minik8s/none:0");
      await kubectl.ok([
        "patch",
        "deployment",
        "web",
        "-p",
        '{"spec":{"template":{"spec":{"containers":[{"name":"main","imagePullPolicy":"Never"}]}}}}',
      ]);
      assert.match(
        await kubectl.fails("rollout status deployment web --timeout=20s"),
        /^error: deployment "web" exceeded its progress deadline$/m,
      );
      const row = (await kubectl.table("get deployment web --no-headers"))[0];
      assert.deepEqual(row?.slice(0, 4), ["web", "3/3", "1", "3"]);
      assert.match(await kubectl.ok("get pods"), /^web-\S+ +0\/1 +ErrImageNeverPull +0 /m);
      assert.match(await kubectl.ok("describe deployment web"), /^ {2}Progressing +False +ProgressDeadlineExceeded$/m);
      await kubectl.ok("rollout undo deployment web --to-revision=1");
      await rolledOut(kubectl, "web");
      assert.deepEqual((await kubectl.table("get deployment web --no-headers"))[0]?.slice(0, 4), [
        "web",
        "3/3",
        "3",
        "3",
      ]);
      await kubectl.ok("delete deployment web");
    });

    test("scale, with what it must be before", async () => {
      const kubectl = await inNamespace("scale");
      await kubectl.apply(deployment("web"));
      await rolledOut(kubectl, "web");
      assert.match(
        await kubectl.fails("scale deployment web --replicas=1 --current-replicas=9"),
        /Expected replicas to be 9, was 3$/i,
      );
      assert.equal(
        await kubectl.ok("scale deployment web --replicas=1 --current-replicas=3"),
        "deployment.apps/web scaled",
      );
      await kubectl.shows("get deployment --field-selector=metadata.name=web -w", /web +1\/1 +1 +1 /);
      await kubectl.ok("scale deployment web --replicas=4");
      await rolledOut(kubectl, "web");
      assert.deepEqual((await kubectl.table("get deployment web --no-headers"))[0]?.slice(1, 4), ["4/4", "4", "4"]);
      await kubectl.ok("scale deployment web --replicas=0");
      await kubectl.shows("get deployment --field-selector=metadata.name=web -w", /web +0\/0 +0 +0 /);
      assert.match(
        await kubectl.fails("scale deployment web --replicas=-1"),
        /The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0/,
      );
      await kubectl.ok("delete deployment web");
    });

    test("a deleted pod is replaced, a Service answers throughout", async () => {
      const kubectl = await inNamespace("traffic");
      await kubectl.apply(deployment("web"));
      await rolledOut(kubectl, "web");
      await kubectl.ok("expose deployment web --port=80 --target-port=8080 --type=NodePort");
      const path = "jsonpath={.spec.clusterIP} {.spec.ports[0].nodePort}";
      const [clusterIp = "", nodePort = ""] = (await kubectl.ok(["get", "service", "web", "-o", path])).split(" ");
      const ask = async (host: string) => {
        const [, pod] = /^Hello from (web-\S+)\n$/.exec(await page(`http://${host}/cgi-bin/index.cgi`)) ?? [];
        assert.ok(pod);
        return `pod/${pod}`;
      };
      const answers = async (host: string) => {
        const seen = new Set<string>();
        for (let tries = 0; tries < 60 && seen.size < 3; tries++) seen.add(await ask(host));
        return [...seen].toSorted();
      };
      await kubectl.shows(
        "get endpoints --field-selector=metadata.name=web -w",
        /^web +(10\.\d+\.\d+\.\d+:8080,?){3} /m,
      );
      await reachable(() => ask(clusterIp));
      const pods = (await kubectl.ok("get pods -o name")).split("\n");
      assert.deepEqual(await answers(clusterIp), pods.toSorted());
      assert.deepEqual(await answers(`127.0.0.1:${nodePort}`), pods.toSorted());
      assert.match(
        await kubectl.ok(["exec", pods[0] ?? "", "--", "wget", "-qO-", `http://${clusterIp}/cgi-bin/index.cgi`]),
        /^Hello from web-/,
      );

      await kubectl.ok(`delete ${pods[0]}`);
      await rolledOut(kubectl, "web");
      await kubectl.shows("get pods -w", /(.*1\/1 +Running.*\n){3}/);
      const now = (await kubectl.ok("get pods -o name")).split("\n");
      assert.ok(!now.includes(pods[0] ?? ""));
      assert.deepEqual(await answers(clusterIp), now.toSorted());
      await kubectl.ok("delete service,deployment web");
    });

    test("cordon, drain, uncordon", async () => {
      const kubectl = await inNamespace("drain");
      const node = await kubectl.ok("get nodes -o jsonpath={.items[0].metadata.name}");
      await kubectl.apply(deployment("web"));
      await kubectl.ok(`run lonely --image=${webImage}`);
      await kubectl.ok("wait --for=condition=Ready pod/lonely --timeout=20s");
      await rolledOut(kubectl, "web");
      try {
        assert.equal(await kubectl.ok(`cordon ${node}`), `node/${node} cordoned`);
        assert.equal(await kubectl.ok(`cordon ${node}`), `node/${node} already cordoned`);
        assert.equal((await kubectl.table("get nodes --no-headers"))[0]?.[1], "Ready,SchedulingDisabled");
        await kubectl.ok(`run waiting --image=${webImage}`);
        await kubectl.shows(
          "get events -w --field-selector=involvedObject.name=waiting",
          /FailedScheduling .*0\/1 nodes are available: 1 node\(s\) were unschedulable\./,
        );
        await kubectl.ok("delete pod waiting --now");
        assert.match(
          await kubectl.fails(`drain ${node}`),
          /cannot delete Pods .*\(use --force to override\): .*\/lonely/,
        );
        const drain = `drain ${node} --force --ignore-daemonsets --grace-period=1 --timeout=30s`;
        const drained = await kubectl.outcome(drain);
        assert.equal(drained.code, 0, drained.stderr);
        assert.match(drained.stdout, new RegExp(`^evicting pod ${kubectl.namespace}/lonely$`, "m"));
        assert.match(drained.stdout, new RegExp(`^node/${node} (drained|evicted)$`, "m"));
        assert.equal(await kubectl.ok("get pods -o jsonpath={.items[*].status.phase}"), "Pending Pending Pending");
      } finally {
        assert.equal(await kubectl.ok(`uncordon ${node}`), `node/${node} uncordoned`);
      }
      await rolledOut(kubectl, "web");
      await kubectl.ok("delete deployment web");
    });

    test("taints keep pods out, and drive them out", async () => {
      const kubectl = await inNamespace("taint");
      const node = await kubectl.ok("get nodes -o jsonpath={.items[0].metadata.name}");
      const taint = (text: string) => kubectl.ok(`taint node ${node} ${text}`);
      try {
        assert.equal(await taint("closed=yes:NoSchedule"), `node/${node} tainted`);
        assert.equal(
          await kubectl.fails(`taint node ${node} closed=yes:NoSchedule`),
          `error: node ${node} already has closed taint(s) with same effect(s) and --overwrite is false`,
        );
        await kubectl.apply(
          `apiVersion: v1\nkind: Pod\nmetadata: {name: kept}\nspec: {terminationGracePeriodSeconds: 1, containers: [{name: main, image: "${webImage}"}]}`,
        );
        await kubectl.shows(
          "get events -w --field-selector=involvedObject.name=kept",
          /FailedScheduling .*1 node\(s\) had untolerated taint\(s\)/,
        );
        assert.equal(await taint("closed-"), `node/${node} untainted`);
        await kubectl.ok("wait --for=condition=Ready pod/kept --timeout=20s");
        await taint("out=now:NoExecute");
        await kubectl.ok("wait --for=delete pod/kept --timeout=40s");
        await taint("out-");
      } finally {
        // Nothing is left to take away when all went well.
        for (const key of ["closed", "out"]) await kubectl.outcome(`taint node ${node} ${key}-`);
      }
      assert.match(
        await kubectl.ok("get events --field-selector=involvedObject.name=kept"),
        /TaintManagerEviction +pod\/kept +Marking for deletion Pod taint-\S+\/kept/,
      );
    });
  }
});

/** Routes follow endpoints a moment later. */
async function reachable(ask: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await ask();
      return;
    } catch (error) {
      if (tries === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Over a connection of its own: one that was made before the routes stood leads elsewhere for ever. */
function page(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, timeout: 5_000 }, (response) => text(response).then(resolve, reject));
    request.once("timeout", () => request.destroy(new Error(`no answer from ${url}`)));
    request.once("error", reject);
  });
}
