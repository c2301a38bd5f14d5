/** Pods that really run: run, logs, exec, attach, cp, port-forward, as a person at a terminal uses them. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Kubectl } from "../support/kubectl.ts";
import { type Machine, needsRealContainers, startMachine, webImage } from "../support/machine.ts";

const pod = (name: string, script: string, more = "") => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {name: ${name}}}
spec:
  terminationGracePeriodSeconds: 1
  ${more}
  containers:
  - name: main
    image: ${webImage}
    command: [sh, -c, ${JSON.stringify(script)}]
`;

describe("kubectl and pods", needsRealContainers, () => {
  let machine: Machine;
  before(async () => {
    machine = await startMachine();
  });
  after(() => machine?.[Symbol.asyncDispose]());

  for (const version of ["1.20", "1.35"] as const) {
    describe(`kubectl ${version}`, { concurrency: true }, () => {
      const namespace = `pods-${version.replace(".", "-")}`;
      let kubectl: Kubectl;
      before(async () => {
        kubectl = await machine.kubectl(version, namespace);
        const lines = "echo out; echo err >&2; i=0; while true; do echo line $i; i=$((i+1)); sleep 0.2; done";
        await kubectl.apply(pod("talker", lines));
        await kubectl.apply(pod("shell", "sleep 1000"));
        await kubectl.apply(
          pod("listener", "while read line; do echo heard $line; done; echo end of input", "{}")
            .replace("{}", "")
            .replace("command:", "stdin: true\n    stdinOnce: true\n    command:"),
        );
        await kubectl.ok("wait --for=condition=Ready pod/talker pod/shell --timeout=20s");
      });

      test("run makes a pod of flags", async () => {
        const run = `run made --image=${webImage} --port=8080 --labels=app=made,tier=x --env=A=b`;
        assert.equal(await kubectl.ok(run), "pod/made created");
        await kubectl.ok("wait --for=condition=Ready pod/made --timeout=20s");
        const fields =
          "jsonpath={.metadata.labels} {.spec.containers[0].env} {.spec.containers[0].ports} {.status.phase}";
        assert.equal(
          await kubectl.ok(["get", "pod", "made", "-o", fields]),
          '{"app":"made","tier":"x"} [{"name":"A","value":"b"}] [{"containerPort":8080,"protocol":"TCP"}] Running',
        );
        assert.match(await kubectl.ok("delete pod made --now"), /^pod "made" deleted/);
      });

      test("run --rm -i shows what the pod says and ends as it ends", async () => {
        const words = ["run", "once", "--rm", "-i", "--restart=Never", `--image=${webImage}`];
        const script = "read line; echo you said $line; sleep 0.5; exit 4";
        const { stdout, stderr, code } = await kubectl.outcome([...words, "--", "sh", "-c", script], {
          input: "hello\n",
        });
        assert.match(stdout, /^you said hello$/m);
        assert.match(stdout + stderr, /pod "once" deleted/);
        assert.match(stderr, new RegExp(`^pod ${namespace}/once terminated \\(Error\\)$`, "m"));
        assert.equal(code, 4);
      });

      test("logs: the end, since, limits, timestamps, labels", async () => {
        await kubectl.shows("logs -f talker", /line 5/);
        assert.match(await kubectl.ok("logs talker --tail=2"), /^line \d+\nline \d+$/);
        assert.match(await kubectl.ok("logs pod/talker --since=1s"), /^line \d+/);
        assert.doesNotMatch(await kubectl.ok("logs talker --since=1s"), /line 0$/m);
        const stamped = await kubectl.ok("logs talker --timestamps --tail=1");
        assert.match(stamped, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z line \d+$/);
        // The API's time has seconds, so some earlier lines may be there as well.
        const since = await kubectl.ok(["logs", "talker", "--timestamps", `--since-time=${stamped.split(" ")[0]}`]);
        assert.equal(since.slice(0, 19), stamped.slice(0, 19));
        assert.ok(since.includes(stamped), since);
        assert.equal((await kubectl.outcome("logs talker --limit-bytes=6")).stdout.length, 6);
        assert.match(
          await kubectl.ok("logs -l name=talker -c main --tail=1 --prefix"),
          /^\[pod\/talker\/main\] line \d+$/m,
        );
      });

      test("logs that are not there", async () => {
        assert.equal(
          await kubectl.fails("logs talker --previous"),
          'Error from server (BadRequest): previous terminated container "main" in pod "talker" not found',
        );
        assert.equal(await kubectl.fails("logs talker -c other"), "error: container other is not valid for pod talker");
        assert.match(await kubectl.fails("logs nobody"), /rror from server \(NotFound\): pods "nobody" not found/);
      });

      test("logs of a container before the last: --previous", async () => {
        await kubectl.apply(
          pod(
            "again",
            "if [ -e /data/x ]; then sleep 1000; fi; touch /data/x; echo first life; exit 3",
            "volumes: [{name: data, emptyDir: {}}]",
          ).replace("command:", "volumeMounts: [{name: data, mountPath: /data}]\n    command:"),
        );
        await kubectl.ok(["wait", "--for=condition=Ready", "pod/again", "--timeout=20s"]);
        await kubectl.shows("get pod --field-selector=metadata.name=again -w", /again +1\/1 +Running +1 /);
        assert.equal(await kubectl.ok("logs again --previous"), "first life");
        const path = "jsonpath={.status.containerStatuses[0].lastState.terminated.exitCode}";
        assert.equal(await kubectl.ok(["get", "pod", "again", "-o", path]), "3");
      });

      test("logs -f ends with the container", async () => {
        await kubectl.apply(pod("short", "for i in 1 2 3; do echo $i; sleep 0.3; done", "restartPolicy: Never"));
        await kubectl.shows("get pod --field-selector=metadata.name=short -w", /Running|Completed/);
        assert.equal(await kubectl.ok("logs -f short"), "1\n2\n3");
        assert.equal((await kubectl.table("get pod short --no-headers"))[0]?.[2], "Completed");
      });

      test("exec: output, input to its end, exit codes", async () => {
        assert.equal(await kubectl.ok("exec shell -- hostname"), "shell");
        assert.equal((await kubectl.outcome(["exec", "shell", "--", "sh", "-c", "echo e >&2"])).stderr, "e\n");
        assert.equal(await kubectl.ok("exec -i shell -- cat", { input: "a\nb\n" }), "a\nb");
        const big = "0123456789abcdef".repeat(2 ** 16);
        assert.equal(await kubectl.ok("exec -i shell -- wc -c", { input: big }), String(2 ** 20));
        assert.equal(
          await kubectl.fails(["exec", "shell", "--", "sh", "-c", "exit 7"], { code: 7 }),
          "command terminated with exit code 7",
        );
        assert.equal((await kubectl.ok(["exec", "shell", "--", "sh", "-c", "yes x | head -c 300000"])).length, 299_999);
      });

      test("exec in a terminal: a terminal inside, resized with the one outside", async () => {
        await using talk = kubectl.talkInTerminal("exec -it shell -- sh");
        await talk.until(/[#$] /);
        talk.say("tty; echo $((40+2))\n");
        await talk.until(/\/dev\/pts\/\d+/);
        await talk.until(/^42\r/m);
        talk.say("exit 3\n");
        assert.equal(await talk.ended(), 3);
      });

      test("exec that cannot be", async () => {
        assert.equal(
          await kubectl.fails("exec shell -c other -- true"),
          "Error from server (BadRequest): container other is not valid for pod shell",
        );
        assert.equal(
          await kubectl.fails("exec nobody -- true"),
          'Error from server (NotFound): pods "nobody" not found',
        );
        assert.match(
          await kubectl.fails("exec shell -- no-such-program", {}),
          /^error: Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "[0-9a-f]+": OCI runtime exec failed: exec failed: unable to start container process: exec: "no-such-program": executable file not found in \$PATH: unknown$/,
        );
      });

      test("attach: what the main process reads and says", async () => {
        await kubectl.ok("wait --for=condition=Ready pod/listener --timeout=20s");
        await using talk = kubectl.talk("attach -i listener");
        await new Promise((resolve) => setTimeout(resolve, 300));
        talk.say("you\n");
        await talk.until(/heard you/);
        talk.hangUp();
        await talk.until(/end of input/);
      });

      test("cp there and back", async () => {
        const text = `${"text ".repeat(50_000)}\n`;
        const file = await kubectl.file(text, `${namespace}.txt`);
        await kubectl.ok(["cp", file, "shell:/tmp/copy.txt"]);
        assert.equal(await kubectl.ok("exec shell -- wc -c /tmp/copy.txt"), `${text.length} /tmp/copy.txt`);
        const back = join(machine.scratch, `${namespace}.back`);
        await kubectl.ok(["cp", "shell:/tmp/copy.txt", back]);
        assert.equal(await readFile(back, "utf8"), text);
      });

      test("port-forward carries requests", async () => {
        await kubectl.ok(`run served --image=${webImage} --labels=app=served`);
        await kubectl.ok("expose pod served --port=80 --target-port=8080");
        await kubectl.ok("wait --for=condition=Ready pod/served --timeout=20s");
        for (const target of ["pod/served :8080", "service/served :80"]) {
          await using talk = kubectl.talk(`port-forward ${target}`);
          const [, port] = await talk.until(/Forwarding from 127\.0\.0\.1:(\d+) -> 8080/);
          const answers = [1, 2, 3].map(() => fetch(`http://127.0.0.1:${port}/cgi-bin/index.cgi`));
          for (const answer of await Promise.all(answers)) assert.equal(await answer.text(), "Hello from served\n");
        }
        await kubectl.ok("delete pod served --now");
      });

      test("delete with grace: the process is asked to end, then made to", async () => {
        await kubectl.apply(
          pod("polite", "trap 'echo bye; exit 0' TERM; while true; do sleep 0.1; done", "restartPolicy: Never").replace(
            "Seconds: 1",
            "Seconds: 30",
          ),
        );
        await kubectl.ok("wait --for=condition=Ready pod/polite --timeout=20s");
        await using logs = kubectl.talk("logs -f polite");
        await new Promise((resolve) => setTimeout(resolve, 300));
        const begun = performance.now();
        await kubectl.ok("delete pod polite");
        assert.ok(performance.now() - begun < 5_000);
        await logs.until(/bye/);
        await kubectl.apply(
          pod("stubborn", "trap '' TERM; while true; do sleep 0.1; done").replace("Seconds: 1", "Seconds: 30"),
        );
        await kubectl.ok("wait --for=condition=Ready pod/stubborn --timeout=20s");
        await kubectl.ok("delete pod stubborn --grace-period=1");
        const forced = await kubectl.outcome("delete pod talker --grace-period=0 --force");
        assert.match(forced.stderr, /arning: Immediate deletion does not wait/);
        assert.match(forced.stdout, /^pod "talker" force deleted/);
        assert.equal(await kubectl.fails("get pod talker"), 'Error from server (NotFound): pods "talker" not found');
        assert.equal(await kubectl.ok("delete pod talker --ignore-not-found"), "");
      });
    });
  }
});
