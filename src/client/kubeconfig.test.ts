import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  accessFrom,
  formatKubeconfig,
  loadKubeconfig,
  mergeKubeconfigs,
  newKubeconfig,
  parseKubeconfig,
} from "./kubeconfig.ts";

const dir = await mkdtemp(join(tmpdir(), "kubeconfig-"));
after(() => rm(dir, { recursive: true }));

const access = { server: "https://a:6443", ca: "CA", user: "admin", cert: "CERT", key: "KEY" };

test("what was written can be read, and tells how to connect", async () => {
  const text = await formatKubeconfig(newKubeconfig("one", access));
  const { connection, namespace } = await accessFrom(await parseKubeconfig(text, "/"));
  assert.deepEqual(connection.servers, ["https://a:6443"]);
  assert.deepEqual([connection.ca, connection.cert, connection.key, namespace], ["CA", "CERT", "KEY", "default"]);
});

test("files are found beside the kubeconfig, tokens are read anew", async () => {
  await writeFile(join(dir, "token"), "t1\n");
  await writeFile(
    join(dir, "config"),
    `clusters: [{name: c, cluster: {server: "https://b", insecure-skip-tls-verify: true}}]
users: [{name: u, user: {tokenFile: token}}]
contexts: [{name: x, context: {cluster: c, user: u, namespace: n}}]
current-context: x
`,
  );
  const { connection, namespace } = await accessFrom(await loadKubeconfig([join(dir, "missing"), join(dir, "config")]));
  assert.equal(await connection.token?.(), "t1");
  await writeFile(join(dir, "token"), "t2\n");
  assert.equal(await connection.token?.(), "t2");
  assert.equal(connection.insecureSkipTlsVerify, true);
  assert.equal(namespace, "n");
});

test("of several files the first to name a thing counts", () => {
  const [a, b] = [newKubeconfig("a", access), newKubeconfig("b", { ...access, server: "https://other" })];
  const merged = mergeKubeconfigs([a, b]);
  assert.equal(merged["current-context"], "a");
  assert.deepEqual(
    merged.clusters.map((c) => c.name),
    ["a", "b"],
  );
  assert.equal(merged.users.length, 1);
});

test("what is missing is named", async () => {
  await assert.rejects(accessFrom(mergeKubeconfigs([])), /no current context/);
  await assert.rejects(accessFrom(newKubeconfig("a", access), "b"), /context "b" does not exist/);
});
