/** Real kubectls, the oldest anybody has and a new one, against the API server behind its HTTPS port. */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { newKubectl, oldKubectl } from "../support/clients.ts";
import { startTestServer, type TestServer } from "../support/http-server.ts";

const execute = promisify(execFile);

let server: TestServer;
let dir: string;
before(async () => {
  server = await startTestServer();
  dir = await mkdtemp(join(tmpdir(), "kubectl-"));
});
after(async () => {
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

const manifest = (replicas: number, labels = "{app: web}") => `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: ${labels}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx, ports: [{containerPort: 80}]}]}
`;

for (const [version, program] of [
  ["1.20", oldKubectl],
  ["new", newKubectl],
] as const) {
  describe(`kubectl ${version}`, () => {
    const path = program();
    const environment = () => ({ KUBECONFIG: server.kubeconfig, HOME: dir, PATH: process.env.PATH });

    async function kubectl(args: string, input?: string): Promise<string> {
      const words = args.split(" ");
      if (input !== undefined) {
        const file = join(dir, "input.yaml");
        await writeFile(file, input);
        words.push("-f", file);
      }
      const { stdout } = await execute(path, words, { env: environment() });
      return stdout.trim();
    }

    const fails = (args: string, message: RegExp, input?: string) =>
      assert.rejects(
        kubectl(args, input),
        ({ stderr }: { stderr: string }) => message.test(stderr) || assert.fail(stderr),
      );

    test("apply creates, changes and prunes; diff tells what would", async () => {
      assert.equal(await kubectl("apply", manifest(2, "{app: web, extra: x}")), "deployment.apps/web created");
      assert.equal(await kubectl("apply", manifest(2, "{app: web, extra: x}")), "deployment.apps/web unchanged");
      await assert.rejects(kubectl("diff", manifest(3)), ({ code, stdout }: { code: number; stdout: string }) => {
        assert.equal(code, 1);
        assert.match(stdout, /^- {2}replicas: 2$/m);
        return /^\+ {2}replicas: 3$/m.test(stdout);
      });
      assert.equal(
        await kubectl("apply --dry-run=server", manifest(3)),
        "deployment.apps/web configured (server dry run)",
      );
      assert.equal(await kubectl("apply", manifest(3)), "deployment.apps/web configured");
      const labels = "jsonpath={.spec.replicas}{.metadata.labels}";
      assert.equal(await kubectl(`get deploy web -o ${labels}`), '3{"app":"web"}');
    });

    test("get shows the columns of the server", async () => {
      const [head, row] = (await kubectl("get deploy -o wide")).split("\n");
      assert.match(head ?? "", /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE +CONTAINERS +IMAGES +SELECTOR$/);
      assert.match(row ?? "", /^web +0\/3 +0 +0 +\d+s +c +nginx +app=web$/);
      assert.equal(await kubectl("get deploy,cm -o name"), "deployment.apps/web");
      assert.match(await kubectl("describe deploy web"), /^Replicas: +3 desired/m);
    });

    test("patch in three types, scale, label, annotate", async () => {
      const containers = '{"spec":{"template":{"spec":{"containers":[{"name":"c","image":"other"}]}}}}';
      await kubectl(`patch deploy web -p ${containers}`);
      await kubectl('patch deploy web --type merge -p {"spec":{"paused":true}}');
      await kubectl('patch deploy web --type json -p [{"op":"add","path":"/spec/minReadySeconds","value":7}]');
      await kubectl("scale deploy web --replicas=5");
      await kubectl("label deploy web a=b");
      await kubectl("annotate deploy web c=d");
      const fields =
        "{.spec.replicas} {.spec.paused} {.spec.minReadySeconds} {.metadata.labels.a} {.metadata.annotations.c}";
      const { stdout } = await execute(
        path,
        ["get", "deploy", "web", "-o", `jsonpath=${fields} {..image} {..containerPort}`],
        {
          env: environment(),
        },
      );
      assert.equal(stdout, "5 true 7 b d other 80");
    });

    test("create and expose, by whatever encoding it likes", async () => {
      assert.equal(await kubectl("create configmap cm --from-literal=a=b"), "configmap/cm created");
      assert.equal(await kubectl("create secret generic s --from-literal=a=b"), "secret/s created");
      assert.equal(await kubectl("create deployment made --image=nginx"), "deployment.apps/made created");
      assert.equal(await kubectl("expose deployment made --port=80"), "service/made exposed");
      assert.equal(await kubectl("get cm cm -o jsonpath={.data}"), '{"a":"b"}');
      assert.equal(await kubectl("get secret s -o jsonpath={.data}"), '{"a":"Yg=="}');
      assert.equal(await kubectl("get svc made -o jsonpath={.spec.selector}"), '{"app":"made"}');
    });

    test("explain and api-resources read the schemas", async () => {
      assert.match(await kubectl("explain deployment.spec.strategy"), /^ +rollingUpdate\t/m);
      assert.match(await kubectl("explain pod.spec.containers.resources"), /^ +limits\t/m);
      assert.match(await kubectl("api-resources --no-headers"), /^deployments +deploy +apps\/v1 +true +Deployment$/m);
      assert.match(await kubectl("version"), /v1\.36\.0\+minik8s/);
    });

    test("get -w tells what changes", async () => {
      const watch = spawn(path, ["get", "cm", "-w", "--no-headers"], { env: environment() });
      let seen = "";
      watch.stdout.on("data", (chunk: Buffer) => {
        seen += chunk;
      });
      const until = async (pattern: RegExp) => {
        for (let tries = 0; !pattern.test(seen); tries++) {
          assert.ok(tries < 200, `not seen in time: ${pattern} in ${seen}`);
          await new Promise((resolve) => setTimeout(resolve, 25));
        }
      };
      await until(/^cm +1 /m);
      await kubectl("create configmap later --from-literal=a=b --from-literal=c=d");
      await until(/^later +2 /m);
      watch.kill();
    });

    test("auth tells who one is and what one may", async () => {
      assert.equal(await kubectl("auth can-i delete pods --all-namespaces"), "yes");
      await assert.rejects(kubectl("auth can-i list pods --as=nobody"), ({ stdout }: { stdout: string }) =>
        /^no/.test(stdout),
      );
      if (version !== "1.20")
        assert.match(
          await kubectl("auth whoami"),
          /Username +kubernetes-admin\nGroups +\[system:masters system:authenticated\]/,
        );
    });

    test("mistakes are told", async () => {
      await fails("create", /unknown field/, manifest(1).replace("replicas", "replikas"));
      await fails("get deploy nothing", /^Error from server \(NotFound\): deployments.apps "nothing" not found$/m);
      await fails("create configmap cm --from-literal=a=b", /configmaps? "cm" already exists/);
      await fails('patch deploy web -p {"spec":{"selector":{"matchLabels":{"x":"y"}}}}', /field is immutable/);
    });

    test("delete", async () => {
      await kubectl("delete cm,secret,svc,deploy --all");
      assert.equal(await kubectl("get cm,secret,svc,deploy -o name"), "");
    });
  });
}
