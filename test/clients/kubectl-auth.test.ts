/** Real kubectls ask who may do what, and give and take permissions, over the HTTPS port of a whole cluster. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type TestCluster, testCluster } from "#testing/test-cluster.ts";
import { newKubectl, oldKubectl } from "../support/clients.ts";
import { Kubectl } from "../support/kubectl.ts";

let cluster: TestCluster;
let scratch: string;
before(async () => {
  cluster = await testCluster({ http: true, nodes: 0 });
  await cluster.settle();
  scratch = await mkdtemp(join(tmpdir(), "kubectl-auth-"));
});
after(async () => {
  await cluster?.stop();
  await rm(scratch, { recursive: true, force: true });
});

const kubectl = (path: string, namespace: string) =>
  new Kubectl({
    path,
    namespace,
    scratch,
    env: { KUBECONFIG: cluster.kubeconfig, HOME: scratch, PATH: process.env.PATH },
  });

for (const [version, program] of [
  ["1.20", oldKubectl],
  ["new", newKubectl],
] as const) {
  describe(`kubectl ${version}`, () => {
    const namespace = `auth-${version.replace(".", "-")}`;
    let k: Kubectl;
    before(async () => {
      k = kubectl(program(), namespace);
      await k.ok(`create namespace ${namespace}`);
      await k.ok("create serviceaccount robot");
    });

    test("roles and bindings are created, shown and described", async () => {
      await k.ok("create role reader --verb=get,list --resource=pods,pods/log --resource=deployments.apps");
      await k.ok(`create rolebinding readers --role=reader --user=jane --serviceaccount=${namespace}:robot`);
      await k.ok(`create clusterrole ${namespace} --verb=get --non-resource-url=/metrics`);
      await k.ok(`create clusterrolebinding ${namespace} --clusterrole=${namespace} --group=ops`);
      const [head, row] = await k.table("get rolebindings -o wide");
      assert.deepEqual(head, ["NAME", "ROLE", "AGE", "USERS", "GROUPS", "SERVICEACCOUNTS"]);
      assert.deepEqual(
        [row?.[0], row?.[1], row?.[3], row?.at(-1)],
        ["readers", "Role/reader", "jane", `${namespace}/robot`],
      );
      assert.match(await k.ok("get role reader"), /^NAME +CREATED AT\nreader +20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      const described = await k.ok("describe role reader");
      assert.match(described, /pods\/log +\[\] +\[\] +\[get list\]/);
      assert.match(described, /deployments\.apps +\[\] +\[\] +\[get list\]/);
      assert.match(await k.ok("describe clusterrolebinding cluster-admin"), /Group +system:masters/);
    });

    test("can-i answers for oneself and for others", async () => {
      const may = (words: string) => k.outcome(`auth can-i ${words}`).then(({ stdout }) => stdout.trim());
      assert.equal(await may("delete nodes"), "yes");
      assert.equal(await may("get pods --as jane"), "yes");
      assert.equal(await may("get pods --subresource=log --as jane"), "yes");
      assert.match(await may("delete pods --as jane"), /^no/);
      assert.match(await may("get pods --as jane -n default"), /^no/);
      assert.equal(await may("get /metrics --as joe --as-group ops"), "yes");
      assert.equal(await may(`list deployments.apps --as system:serviceaccount:${namespace}:robot`), "yes");
      const list = await k.ok("auth can-i --list --as jane");
      assert.match(list, /pods\/log +\[\] +\[\] +\[get list\]/);
      assert.match(list, /selfsubjectaccessreviews\.authorization\.k8s\.io +\[\] +\[\] +\[create\]/);
      assert.match(list, /\[\/healthz\] +\[\] +\[get\]/);
      assert.match(await k.ok("auth can-i --list"), /\*\.\* +\[\] +\[\] +\[\*\]/);
    });

    test("what is refused is told as Kubernetes does", async () => {
      assert.equal(
        await k.fails("get secrets --as jane"),
        `Error from server (Forbidden): secrets is forbidden: User "jane" cannot list resource "secrets" in API group "" in the namespace "${namespace}"`,
      );
      await k.ok("create rolebinding managers --clusterrole=admin --user=max");
      assert.match(
        await k.fails("create rolebinding mighty --clusterrole=cluster-admin --user=max --as max"),
        /user "max" \(groups=\["system:authenticated"\]\) is attempting to grant RBAC permissions not currently held:\n\{APIGroups:\["\*"\], Resources:\["\*"\], Verbs:\["\*"\]\}/,
      );
      await k.ok("create rolebinding viewers --clusterrole=view --user=joe --as max");
      const other = await k.file(`
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: viewers, namespace: ${namespace}}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: joe}]
`);
      assert.match(await k.fails(["apply", "-f", other]), /cannot change roleRef/);
      assert.match(await k.ok(["auth", "reconcile", "-f", other]), /viewers reconciled/);
      assert.equal(await k.ok("get rolebinding viewers -o jsonpath={.roleRef.name}"), "edit");
    });

    test("what users may do in a namespace by the roles there always are", async () => {
      await k.ok("create rolebinding one --clusterrole=view --user=viewer");
      await k.ok("create rolebinding two --clusterrole=edit --user=editor");
      const may = async (user: string, words: string) =>
        (await k.outcome(`auth can-i ${words} --as ${user}`)).stdout.startsWith("yes");
      for (const [words, viewer, editor] of [
        ["list pods", true, true],
        ["get secrets", false, true],
        ["create deployments.apps", false, true],
        ["create pods --subresource=exec", false, true],
        ["create roles", false, false],
        ["get nodes", false, false],
      ] as const) {
        assert.deepEqual([await may("viewer", words), await may("editor", words)], [viewer, editor], words);
      }
    });

    if (version === "new") {
      test("a token is made, and whoever brings it is the account", async () => {
        const token = await k.ok("create token robot --duration=20m");
        const bring = ["--token", token, "--kubeconfig", "/dev/null"];
        const { server } = JSON.parse(await k.ok("config view --raw -o jsonpath={.clusters[0].cluster}"));
        bring.push("--server", server, "--insecure-skip-tls-verify");
        const me = await k.ok(["auth", "whoami", ...bring]);
        assert.match(me, new RegExp(`Username +system:serviceaccount:${namespace}:robot`));
        assert.match(
          me,
          new RegExp(`Groups +\\[system:serviceaccounts system:serviceaccounts:${namespace} system:authenticated\\]`),
        );
        assert.match(me, /Extra: authentication\.kubernetes\.io\/credential-id +\[JTI=/);
        assert.equal(await k.ok(["get", "pods", ...bring, "-o", "name"]), "");
        assert.match(
          await k.fails(["get", "secrets", ...bring]),
          new RegExp(`User "system:serviceaccount:${namespace}:robot" cannot list resource "secrets"`),
        );
        assert.match(
          await k.ok(["get", "--raw", "/.well-known/openid-configuration", ...bring]),
          /"issuer":"https:\/\/kubernetes\.default\.svc\.cluster\.local"/,
        );
        const [{ kid }] = JSON.parse(await k.ok(["get", "--raw", "/openid/v1/jwks", ...bring])).keys;
        assert.equal(JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()).kid, kid);

        const review = await k.file(
          `{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": "${token}"}}`,
        );
        const reviews = "/apis/authentication.k8s.io/v1/tokenreviews";
        const { status } = JSON.parse(await k.ok(["create", "--raw", reviews, "-f", review]));
        assert.deepEqual(
          [status.authenticated, status.user.username],
          [true, `system:serviceaccount:${namespace}:robot`],
        );
        await k.ok("delete serviceaccount robot");
        assert.match(await k.fails(["get", "pods", ...bring]), /Unauthorized|must be logged in/);
        const after = JSON.parse(await k.ok(["create", "--raw", reviews, "-f", review])).status;
        assert.deepEqual(after, { user: {}, error: "service account token has been invalidated" });
      });

      test("others' permissions are reviewed in words that tell why", async () => {
        const url = (plural: string) => `/apis/authorization.k8s.io/v1/${plural}`;
        const local = url(`namespaces/${namespace}/localsubjectaccessreviews`);
        const ask = async (path: string, kind: string, spec: string) => {
          const file = await k.file(`{"apiVersion": "authorization.k8s.io/v1", "kind": "${kind}", "spec": ${spec}}`);
          return k.outcome(["create", "--raw", path, "-f", file]);
        };
        const status = async (...words: Parameters<typeof ask>) => JSON.parse((await ask(...words)).stdout).status;
        const pods = `"resourceAttributes": {"namespace": "${namespace}", "verb": "get", "resource": "pods"}`;
        const subject = url("subjectaccessreviews");
        assert.deepEqual(await status(subject, "SubjectAccessReview", `{"user": "jane", ${pods}}`), {
          allowed: true,
          reason: `RBAC: allowed by RoleBinding "readers/${namespace}" of Role "reader" to User "jane"`,
        });
        assert.deepEqual(await status(local, "LocalSubjectAccessReview", `{"user": "nobody", ${pods}}`), {
          allowed: false,
        });
        const refused = await ask(subject, "SubjectAccessReview", `{${pods}}`);
        assert.match(refused.stderr, /at least one of user or group must be specified/);
      });
    }
  });
}
