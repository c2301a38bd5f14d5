import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Clock } from "#kit/clock.ts";
import { openPki, type PkiOptions } from "./pki.ts";

const root = await mkdtemp(join(tmpdir(), "pki-"));
after(() => rm(root, { recursive: true }));

const at = (ms: number): Clock => ({ now: () => ms, after: () => () => {} });
const now = Date.UTC(2027, 0, 15);
const day = 24 * 3600 * 1000;

const open = (name: string, more: Partial<PkiOptions> = {}) =>
  openPki({
    dir: join(root, name),
    names: ["box", "10.1.2.3", "fd00::7"],
    serviceIp: "10.96.0.1",
    clock: at(now),
    ...more,
  });

test("the server's certificate bears every name under which it is reached", async () => {
  const pki = await open("names");
  const cert = new X509Certificate(pki.apiserver.cert);
  for (const name of ["kubernetes", "kubernetes.default.svc.cluster.local", "localhost", "box"]) {
    assert.equal(cert.checkHost(name), name);
  }
  for (const ip of ["127.0.0.1", "10.96.0.1", "10.1.2.3", "fd00::7", "::1"]) assert.ok(cert.checkIP(ip), ip);
  assert.ok(cert.verify(new X509Certificate(pki.ca.cert).publicKey));
  assert.ok(cert.checkIssued(new X509Certificate(pki.ca.cert)));
});

test("clients are who their certificates say", async () => {
  const pki = await open("clients");
  const subject = (cert: string) => new X509Certificate(cert).subject;
  assert.equal(subject(pki.admin.cert), "O=system:masters\nCN=kubernetes-admin");
  assert.equal(subject((await pki.nodeClient("n1")).cert), "O=system:nodes\nCN=system:node:n1");
  assert.ok(new X509Certificate((await pki.nodeServing("n1", ["10.0.0.9"])).cert).checkIP("10.0.0.9"));
});

test("only the owner can read the files", async () => {
  await open("modes");
  for (const file of await readdir(join(root, "modes"))) {
    assert.equal((await stat(join(root, "modes", file))).mode & 0o777, 0o600, file);
  }
});

test("what is good is kept, across starts", async () => {
  const first = await open("kept");
  const second = await open("kept", { clock: at(now + day) });
  assert.deepEqual([second.ca, second.apiserver, second.admin], [first.ca, first.apiserver, first.admin]);
  assert.equal(second.serviceAccountKey, first.serviceAccountKey);
});

test("certificates are renewed before they end, by the same authority", async () => {
  const first = await open("renewed");
  const second = await open("renewed", { clock: at(now + 340 * day) });
  assert.equal(second.ca.cert, first.ca.cert);
  assert.notEqual(second.admin.cert, first.admin.cert);
  assert.ok(Date.parse(new X509Certificate(second.admin.cert).validTo) > now + 700 * day);
});

test("a new name of the server means a new certificate, for the server alone", async () => {
  const first = await open("renamed");
  const second = await open("renamed", { names: ["other"] });
  assert.equal(new X509Certificate(second.apiserver.cert).checkHost("other"), "other");
  assert.equal(second.admin.cert, first.admin.cert);
});

test("a broken file is replaced", async () => {
  const first = await open("broken");
  await writeFile(join(root, "broken", "admin.crt"), "rubbish");
  const second = await open("broken");
  assert.notEqual(second.admin.cert, first.admin.cert);
  assert.ok(new X509Certificate(second.admin.cert).verify(new X509Certificate(second.ca.cert).publicKey));
});
