/** How kubectl changes objects of a running cluster: create, apply, edit, patch, replace, label, delete, and what it is refused. */
import assert from "node:assert/strict";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Kubectl } from "../support/kubectl.ts";
import { type KubectlVersion, type Machine, needsRealContainers, startMachine, webImage } from "../support/machine.ts";

const first = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web, extra: x}
  annotations: {note: hi}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: one
        image: ${webImage}
        env: [{name: A, value: "1"}, {name: B, value: "2"}]
        ports: [{containerPort: 8080}]
      - name: two
        image: ${webImage}
        command: [sleep, "1000"]
`;

/** Without a label, the annotation, the number of replicas, a variable and a container of the first. */
const second = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: one
        image: ${webImage}
        env: [{name: B, value: "3"}]
        ports: [{containerPort: 8080}]
`;

describe("kubectl writes", needsRealContainers, () => {
  let machine: Machine;
  before(async () => {
    machine = await startMachine();
  });
  after(() => machine?.[Symbol.asyncDispose]());

  for (const version of ["1.20", "1.35"] as const)
    describe(`kubectl ${version}`, { concurrency: 2 }, () => suite(version));

  function suite(version: KubectlVersion): void {
    const isNew = version !== "1.20";
    const inNamespace = (name: string) => machine.kubectl(version, `${name}-${version.replace(".", "-")}`);
    const from = (kubectl: Kubectl) => (isNew ? ` from ${kubectl.namespace} namespace` : "");

    test("apply creates, changes, prunes fields and merges lists by their keys", async () => {
      const kubectl = await inNamespace("apply");
      assert.equal(await kubectl.apply(first), "deployment.apps/web created");
      assert.equal(await kubectl.apply(first), "deployment.apps/web unchanged");
      // Somebody else's changes stay where the manifest says nothing.
      await kubectl.ok("label deployment web other=kept");
      await kubectl.ok("set env deployment/web -c one C=kept");

      const diff = await kubectl.outcome("diff -f -", { input: second });
      assert.equal(diff.code, 1, diff.stderr);
      const changed = diff.stdout.split("\n").filter((line) => /^[-+] /.test(line));
      assert.ok(changed.includes("-    extra: x") && changed.includes("-    note: hi"), diff.stdout);
      assert.ok(changed.includes("-      - command:") && changed.includes('+          value: "3"'), diff.stdout);
      assert.equal(await kubectl.apply(second, "--dry-run=server"), "deployment.apps/web configured (server dry run)");
      assert.equal(await kubectl.apply(second, "--dry-run=client"), "deployment.apps/web configured (dry run)");
      assert.equal(await kubectl.ok("get deployment web -o jsonpath={.metadata.annotations.note}"), "hi");

      assert.equal(await kubectl.apply(second), "deployment.apps/web configured");
      const fields =
        "jsonpath={.metadata.labels} {.metadata.annotations.note} {.spec.template.spec.containers[*].name} {..env}";
      assert.equal(
        await kubectl.ok(["get", "deployment", "web", "-o", fields]),
        '{"app":"web","other":"kept"}  one [{"name":"B","value":"3"},{"name":"C","value":"kept"}]',
      );
      assert.match(await kubectl.ok("apply view-last-applied deployment web"), /^ {8}- name: B\n {10}value: "3"$/m);
      assert.deepEqual(await kubectl.outcome("diff -f -", { input: second }), { code: 0, stdout: "", stderr: "" });
    });

    test("apply takes over what create has made, several objects at once", async () => {
      const kubectl = await inNamespace("takeover");
      const manifests = `${first}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {a: b}\n`;
      const file = await kubectl.file(manifests);
      const made = "deployment.apps/web created\nconfigmap/web created";
      assert.equal(await kubectl.ok(["create", "-f", file]), made);
      assert.equal(
        await kubectl.fails(["create", "-f", file]),
        ["deployments.apps", "configmaps"]
          .map(
            (kind) => `Error from server (AlreadyExists): error when creating "${file}": ${kind} "web" already exists`,
          )
          .join("\n"),
      );
      const taken = await kubectl.outcome(["apply", "-f", file]);
      assert.match(
        taken.stderr,
        /^Warning: resource deployments\/web is missing the .*last-applied-configuration annotation/,
      );
      assert.equal(taken.stdout, "deployment.apps/web configured\nconfigmap/web configured\n");
      assert.equal(await kubectl.ok(["apply", "-f", file]), "deployment.apps/web unchanged\nconfigmap/web unchanged");
      const gone = `deployment.apps "web" deleted${from(kubectl)}\nconfigmap "web" deleted${from(kubectl)}`;
      assert.equal(await kubectl.ok(["delete", "-f", file]), gone);
    });

    test("server-side apply is told that it is not there", async () => {
      const kubectl = await inNamespace("ssa");
      const told = await kubectl.fails("apply --server-side -f -", { input: second });
      assert.match(
        told,
        /^error: Server-side apply not available on the server: \(the body of the request was in an unknown format/,
      );
    });

    test("edit: saves, does not save, comes back with what was wrong", async () => {
      const kubectl = await inNamespace("edit");
      await kubectl.apply(
        "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{port: 80}], selector: {a: b}}",
      );
      const editor = async (script: string) => {
        const path = join(machine.scratch, `${kubectl.namespace}-${Math.random()}`);
        await writeFile(path, `#!/bin/sh\nset -e\ncat "$1" >>"${path}.seen"\n${script}`);
        await chmod(path, 0o755);
        const outcome = await kubectl.outcome("edit service s", { env: { ...kubectl.env, EDITOR: path } });
        return { ...outcome, seen: await readFile(`${path}.seen`, "utf8") };
      };
      const edited = await editor(`sed -i 's/port: 80/port: 81/' "$1"`);
      assert.equal(edited.stdout, "service/s edited\n");
      assert.match(edited.seen, /^# Please edit the object below/);
      assert.equal(await kubectl.ok("get service s -o jsonpath={.spec.ports[0].port}"), "81");
      assert.match((await editor("true")).stderr + (await editor("true")).stdout, /Edit cancelled, no changes made/);
      const wrong = await editor(
        `if grep -q 'Invalid value' "$1"; then exit 3; fi; sed -i 's/port: 81/port: 99999/' "$1"`,
      );
      assert.equal(wrong.code, 1);
      assert.match(wrong.stderr, /^error: services "s" is invalid/m);
      assert.match(
        wrong.seen,
        /^# services "s" was not valid:\n# \* spec.ports\[0\].port: Invalid value: 99999: must be between 1 and 65535, inclusive$/m,
      );
    });

    test("patch in three types, and patches that do not fit", async () => {
      const kubectl = await inNamespace("patch");
      await kubectl.apply(first);
      const patch = (type: string, body: unknown) =>
        [
          "patch",
          "deployment",
          "web",
          `--type=${type}`,
          "-p",
          typeof body === "string" ? body : JSON.stringify(body),
        ] as const;
      const template = (containers: unknown) => ({ spec: { template: { spec: { containers } } } });
      const names = "get deployment web -o jsonpath={.spec.template.spec.containers[*].name}";

      assert.equal(
        await kubectl.ok(
          patch(
            "strategic",
            template([
              { name: "two", $patch: "delete" },
              { name: "three", image: webImage },
            ]),
          ),
        ),
        "deployment.apps/web patched",
      );
      assert.equal(await kubectl.ok(names), "three one");
      await kubectl.ok(patch("merge", template([{ name: "only", image: webImage }])));
      assert.equal(await kubectl.ok(names), "only");
      await kubectl.ok(
        patch("json", [{ op: "replace", path: "/spec/template/spec/containers/0/name", value: "json" }]),
      );
      assert.equal(await kubectl.ok(names), "json");
      // kubectl compares what it read with what comes back, so nothing else may change meanwhile.
      await kubectl.ok("rollout status deployment web --timeout=30s");
      assert.equal(
        await kubectl.ok(patch("merge", { spec: { minReadySeconds: 0 } })),
        "deployment.apps/web patched (no change)",
      );

      const why = isNew ? ": the server rejected our request due to an error in our request" : "";
      const rejected = `The request is invalid${why}`;
      assert.equal(await kubectl.fails(patch("json", [{ op: "remove", path: "/spec/nothing" }])), rejected);
      assert.equal(await kubectl.fails(patch("json", [{ op: "test", path: "/spec/replicas", value: 9 }])), rejected);
      assert.equal(
        await kubectl.fails(patch("strategic", { spec: { replicas: "x" } })),
        'The request is invalid: patch: Invalid value: "map[spec:map[replicas:x]]": unrecognized type: int32',
      );
      assert.match(
        await kubectl.fails(patch("merge", { spec: { replicas: -1 } })),
        /^The Deployment "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0$/,
      );
      assert.match(
        await kubectl.fails(patch("merge", { spec: { selector: { matchLabels: { x: "y" } } } })),
        /^\* spec.selector: Invalid value: .*: field is immutable$/m,
      );
      assert.equal(
        await kubectl.fails("patch deployment none -p {}"),
        'Error from server (NotFound): deployments.apps "none" not found',
      );
    });

    test("create makes each kind of object that it knows by name", async () => {
      const kubectl = await inNamespace("create");
      const made: [string, string][] = [
        ["configmap c --from-literal=a=b --from-literal=c=d", "configmap/c"],
        ["secret generic s --from-literal=p=q", "secret/s"],
        ["secret docker-registry r --docker-username=u --docker-password=p --docker-server=x", "secret/r"],
        ["serviceaccount a", "serviceaccount/a"],
        [`deployment d --image=${webImage} --replicas=0 --port=8080`, "deployment.apps/d"],
        ["service clusterip cluster --tcp=80:8080", "service/cluster"],
        ["service clusterip headless --clusterip=None", "service/headless"],
        ["service nodeport node --tcp=80:8080", "service/node"],
        ["service loadbalancer balanced --tcp=80:8080", "service/balanced"],
        ["service externalname outside --external-name=there.example", "service/outside"],
      ];
      for (const [words, name] of made) assert.equal(await kubectl.ok(`create ${words}`), `${name} created`);
      assert.equal(await kubectl.ok("get configmap c -o jsonpath={.data}"), '{"a":"b","c":"d"}');
      assert.equal(await kubectl.ok("get secret s -o jsonpath={.type}{.data}"), 'Opaque{"p":"cQ=="}');
      assert.equal(await kubectl.ok("get secret r -o jsonpath={.type}"), "kubernetes.io/dockerconfigjson");
      const services = await kubectl.table("get services");
      assert.deepEqual(services[0], ["NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE"]);
      const columns = Object.fromEntries(services.slice(1).map((row) => [row[0], row.slice(1, 5).join(" ")]));
      assert.match(columns.cluster ?? "", /^ClusterIP 10\.\d+\.\d+\.\d+ <none> 80\/TCP$/);
      assert.equal(columns.headless, "ClusterIP None <none> <none>");
      assert.match(columns.node ?? "", /^NodePort 10\.\d+\.\d+\.\d+ <none> 80:3[012]\d{3}\/TCP$/);
      assert.match(columns.balanced ?? "", /^LoadBalancer 10\.\d+\.\d+\.\d+ <pending> 80:3[012]\d{3}\/TCP$/);
      assert.equal(columns.outside, "ExternalName <none> there.example <none>");
      assert.equal(await kubectl.ok("expose deployment d --port=80 --target-port=8080"), "service/d exposed");
      assert.match(await kubectl.fails("expose deployment d --port=80"), /services "d" already exists$/);
      assert.equal(
        await kubectl.ok("get service d -o jsonpath={.spec.selector}{.spec.ports[0].targetPort}"),
        '{"app":"d"}8080',
      );
      if (isNew) {
        const [, claims = ""] = (await kubectl.ok("create token a --duration=1h")).split(".");
        const { sub, exp, iat } = JSON.parse(Buffer.from(claims, "base64url").toString());
        assert.deepEqual([sub, exp - iat], [`system:serviceaccount:${kubectl.namespace}:a`, 3600]);
      }
    });

    test("dry run makes nothing", async () => {
      const kubectl = await inNamespace("dry");
      const words = "create configmap x --from-literal=a=b -o yaml";
      const client = await kubectl.ok(`${words} --dry-run=client`);
      assert.equal(
        client.replace(/^ {2}creationTimestamp: null\n/m, ""),
        `apiVersion: v1\ndata:\n  a: b\nkind: ConfigMap\nmetadata:\n  name: x\n  namespace: ${kubectl.namespace}`,
      );
      assert.match(await kubectl.ok(`${words} --dry-run=server`), /^ {2}uid: [-0-9a-f]{36}$/m);
      assert.equal(await kubectl.ok(`run x --image=${webImage} --dry-run=server -o name`), "pod/x");
      assert.equal(
        await kubectl.ok(`create deployment x --image=${webImage} --dry-run=server -o name`),
        "deployment.apps/x",
      );
      assert.equal(
        await kubectl.ok("delete configmap kube-root-ca.crt --dry-run=server"),
        `configmap "kube-root-ca.crt" deleted${from(kubectl)} (server dry run)`,
      );
      assert.equal(await kubectl.ok("get pods,deployments,configmaps -o name"), "configmap/kube-root-ca.crt");
    });

    test("replace, also by force", async () => {
      const kubectl = await inNamespace("replace");
      const map = (value: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {a: "${value}"}\n`;
      assert.match(
        await kubectl.fails("replace -f -", { input: map("x") }),
        /^Error from server \(NotFound\): error when replacing "STDIN": configmaps "m" not found$/,
      );
      await kubectl.ok("create -f -", { input: map("x") });
      const uid = await kubectl.ok("get configmap m -o jsonpath={.metadata.uid}");
      assert.equal(await kubectl.ok("replace -f -", { input: map("y") }), "configmap/m replaced");
      assert.equal(await kubectl.ok("get configmap m -o jsonpath={.data.a}{.metadata.uid}"), `y${uid}`);
      const file = await kubectl.file(map("z"));
      assert.equal(
        await kubectl.ok(["replace", "--force", "-f", file]),
        `configmap "m" deleted${from(kubectl)}\nconfigmap/m replaced`,
      );
      assert.match(
        await kubectl.ok("get configmap m -o jsonpath={.data.a}{.metadata.uid}"),
        new RegExp(`^z(?!${uid})`),
      );
    });

    test("label and annotate", async () => {
      const kubectl = await inNamespace("label");
      await kubectl.ok("create configmap m");
      assert.equal(await kubectl.ok("label configmap m a=b"), "configmap/m labeled");
      assert.equal(
        await kubectl.fails("label configmap m a=c"),
        "error: 'a' already has a value (b), and --overwrite is false",
      );
      assert.equal(await kubectl.ok("label configmap m a=c --overwrite"), "configmap/m labeled");
      assert.equal(await kubectl.ok("get configmap -l a=c -o name"), "configmap/m");
      assert.equal(await kubectl.ok("label configmap m a-"), isNew ? "configmap/m unlabeled" : "configmap/m labeled");
      assert.equal(
        await kubectl.ok("label configmap --all every=one -o name"),
        "configmap/kube-root-ca.crt\nconfigmap/m",
      );
      assert.equal(await kubectl.ok("annotate configmap m why=because"), "configmap/m annotated");
      assert.equal(await kubectl.ok("get configmap m -o jsonpath={.metadata.annotations.why}"), "because");
      assert.equal(await kubectl.ok("annotate configmap m why-"), "configmap/m annotated");
      assert.equal(
        await kubectl.fails("annotate configmap m a=b --resource-version=1"),
        'Error from server (Conflict): Operation cannot be fulfilled on configmaps "m": the object has been modified; please apply your changes to the latest version and try again',
      );
    });

    test("mistakes in manifests are found, by client or server", async () => {
      const kubectl = await inNamespace("mistakes");
      const unknown = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: u, labelz: {a: b}}\ndataa: {}\ndata: {a: b}\n";
      const told = await kubectl.fails("create -f -", { input: unknown });
      if (isNew) {
        assert.equal(
          told,
          'Error from server (BadRequest): error when creating "STDIN": ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "dataa", unknown field "metadata.labelz"',
        );
        const warned = await kubectl.outcome("create --validate=warn -f -", { input: unknown });
        assert.deepEqual(warned, {
          code: 0,
          stdout: "configmap/u created\n",
          stderr: 'Warning: unknown field "dataa"\nWarning: unknown field "metadata.labelz"\n',
        });
        const silent = await kubectl.outcome("replace --validate=false -f -", { input: unknown });
        assert.deepEqual(silent, { code: 0, stdout: "configmap/u replaced\n", stderr: "" });
      } else {
        assert.match(
          told,
          /^error: error validating "STDIN": error validating data: \[ValidationError\(ConfigMap\): unknown field "dataa" in io.k8s.api.core.v1.ConfigMap, /,
        );
      }
      const pod = (spec: string) => `apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: ${spec}\n`;
      const create = (input: string) => kubectl.fails("create --validate=false -f -", { input });
      assert.equal(
        await create(pod("{containers: [{name: A_}]}")),
        [
          'The Pod "p" is invalid: ',
          "* spec.containers[0].name: Invalid value: \"A_\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
          "* spec.containers[0].image: Required value",
        ].join("\n"),
      );
      assert.equal(
        await create(pod("{containers: none}")),
        'Error from server (BadRequest): error when creating "STDIN": Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type []v1.Container',
      );
      assert.match(
        await create("apiVersion: v9\nkind: Pod\nmetadata: {name: p}\n"),
        /no matches for kind "Pod" in version "v9"/,
      );
      assert.match(await create("kind: [\n"), /^error: error (parsing STDIN|converting YAML)/);
      assert.match(
        await kubectl.fails("create service nodeport n --tcp=80 --node-port=999"),
        /Service "n" is invalid: spec.ports\[0\].nodePort: Invalid value: 999: provided port is not in the valid range. The range of valid ports is 30000-32767$/,
      );
      assert.match(
        await kubectl.fails("create configmap Bad_Name"),
        /metadata.name: Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain/,
      );
      assert.match(await kubectl.fails("--namespace nowhere create configmap x"), /namespaces "nowhere" not found$/);
    });

    test("delete: by name, label, all; twice; cascading or not", async () => {
      const kubectl = await inNamespace("delete");
      for (const name of ["a", "b", "c"]) await kubectl.ok(`create configmap ${name}`);
      await kubectl.ok("label configmap a b x=y");
      assert.equal(
        await kubectl.ok("delete configmap -l x=y"),
        `configmap "a" deleted${from(kubectl)}\nconfigmap "b" deleted${from(kubectl)}`,
      );
      assert.equal(await kubectl.fails("delete configmap a"), 'Error from server (NotFound): configmaps "a" not found');
      assert.equal(
        await kubectl.ok("delete configmap a c --ignore-not-found"),
        `configmap "c" deleted${from(kubectl)}`,
      );
      assert.equal(await kubectl.ok("delete configmap -l none=such"), "No resources found");

      await kubectl.apply(second);
      await kubectl.ok("rollout status deployment web --timeout=20s");
      await kubectl.ok("delete deployment web --cascade=orphan");
      const kinds = async (...names: string[]) =>
        (await kubectl.ok(`get ${names.join(",")} -o name`)).split("\n").filter(Boolean).length;
      assert.equal(await kinds("replicasets", "pods"), 2);
      assert.equal(await kubectl.ok("get replicasets -o jsonpath={..ownerReferences}"), "");
      // A Deployment of the same selector takes its orphans back.
      await kubectl.apply(second);
      await kubectl.ok("rollout status deployment web --timeout=20s");
      assert.equal(await kinds("replicasets", "pods"), 2);
      await kubectl.ok(`delete deployment web --cascade=${isNew ? "foreground" : "true"}`);
      await kubectl.ok("wait --for=delete pods --all --timeout=20s").catch((error) => {
        if (isNew || !/no matching resources found/.test(String(error))) throw error;
      });
      if (isNew) assert.equal(await kinds("deployments", "replicasets", "pods"), 0);
    });

    test("delete with --wait=false leaves at once what a finalizer holds", async () => {
      const kubectl = await inNamespace("finalizer");
      await kubectl.apply("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: held, finalizers: [example.com/hold]}");
      await kubectl.ok("delete configmap held --wait=false");
      assert.match(await kubectl.ok("get configmap held -o jsonpath={.metadata.deletionTimestamp}"), /^\d{4}-/);
      const waiting = kubectl.outcome("wait --for=delete configmap/held --timeout=20s");
      await kubectl.ok(["patch", "configmap", "held", "--type=merge", "-p", '{"metadata":{"finalizers":null}}']);
      const { code, stderr } = await waiting;
      // The old one fails when there is nothing left to wait for, and says so.
      assert.ok(code === 0 || (!isNew && /no matching resources found/.test(stderr)), stderr);
      assert.equal(
        await kubectl.fails("get configmap held"),
        'Error from server (NotFound): configmaps "held" not found',
      );
    });

    test("a namespace goes with all that is in it", async () => {
      const kubectl = await inNamespace("gone");
      await kubectl.apply(second);
      await kubectl.ok("create configmap m");
      await kubectl.ok("rollout status deployment web --timeout=20s");
      await kubectl.ok(`delete namespace ${kubectl.namespace}`);
      assert.equal(
        await kubectl.fails(`get namespace ${kubectl.namespace}`),
        `Error from server (NotFound): namespaces "${kubectl.namespace}" not found`,
      );
      assert.equal(
        (await kubectl.outcome("get all,configmaps")).stderr.trim(),
        `No resources found in ${kubectl.namespace} namespace.`,
      );
    });
  }
});
