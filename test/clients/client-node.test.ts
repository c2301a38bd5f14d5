/** The JavaScript client that others write programs with, against the API server behind its HTTPS port. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  ApiException,
  AppsV1Api,
  CoreV1Api,
  KubeConfig,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type V1ConfigMap,
  VersionApi,
} from "@kubernetes/client-node";
import { startTestServer, type TestServer } from "../support/http-server.ts";

let server: TestServer;
const config = new KubeConfig();
before(async () => {
  server = await startTestServer();
  config.loadFromFile(server.kubeconfig);
});
after(() => server.stop());

const namespace = "default";

test("objects are written, patched, listed and deleted", async () => {
  const core = config.makeApiClient(CoreV1Api);
  const made = await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: "a" }, data: { x: "1" } } });
  assert.ok(made.metadata?.creationTimestamp instanceof Date);
  const body = { data: { y: "2" } };
  const patch = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
  const patched = await core.patchNamespacedConfigMap({ namespace, name: "a", body }, patch);
  assert.deepEqual(patched.data, { x: "1", y: "2" });
  const { items } = await core.listNamespacedConfigMap({ namespace });
  assert.deepEqual(
    items.map((item) => item.metadata?.name),
    ["a"],
  );
  await core.deleteNamespacedConfigMap({ namespace, name: "a" });
  await assert.rejects(
    core.readNamespacedConfigMap({ namespace, name: "a" }),
    (error) => error instanceof ApiException && error.code === 404,
  );
});

test("a Deployment and its scale", async () => {
  const apps = config.makeApiClient(AppsV1Api);
  const template = { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "i" }] } };
  const spec = { selector: { matchLabels: { a: "b" } }, template };
  const made = await apps.createNamespacedDeployment({ namespace, body: { metadata: { name: "d" }, spec } });
  assert.equal(made.spec?.replicas, 1);
  const scale = await apps.readNamespacedDeploymentScale({ namespace, name: "d" });
  await apps.replaceNamespacedDeploymentScale({ namespace, name: "d", body: { ...scale, spec: { replicas: 4 } } });
  assert.equal((await apps.readNamespacedDeployment({ namespace, name: "d" })).spec?.replicas, 4);
});

test("an informer sees what is and what comes", async () => {
  const core = config.makeApiClient(CoreV1Api);
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const create = (name: string) => core.createNamespacedConfigMap({ namespace, body: { metadata: { name } } });
  await create("early");
  const informer = makeInformer<V1ConfigMap>(config, path, () => core.listNamespacedConfigMap({ namespace }));
  const seen: string[] = [];
  const complete = new Promise<void>((resolve) => {
    const note = (what: string) => (object: V1ConfigMap) => {
      seen.push(`${what} ${object.metadata?.name}`);
      if (seen.length === 3) resolve();
    };
    informer.on("add", note("add"));
    informer.on("delete", note("delete"));
  });
  await informer.start();
  await create("late");
  await core.deleteNamespacedConfigMap({ namespace, name: "late" });
  await complete;
  await informer.stop();
  assert.deepEqual(seen, ["add early", "add late", "delete late"]);
});

test("the version is told", async () => {
  const { gitVersion } = await config.makeApiClient(VersionApi).getCode();
  assert.equal(gitVersion, "v1.36.0+minik8s");
});
