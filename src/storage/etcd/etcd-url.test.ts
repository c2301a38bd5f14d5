import assert from "node:assert/strict";
import { test } from "node:test";
import { parseEtcdUrl } from "./etcd-url.ts";

test("members, their usual port, and where the keys lie", () => {
  assert.deepEqual(parseEtcdUrl("etcd://a:1,b,[::1]:3"), {
    endpoints: ["a:1", "b:2379", "[::1]:3"],
    root: "/minik8s/",
  });
  assert.deepEqual(parseEtcdUrl("etcd://a/some/where/"), { endpoints: ["a:2379"], root: "/some/where/" });
  assert.deepEqual(parseEtcdUrl("etcds://a").tls, {});
});

test("what is not understood is named", () => {
  assert.throws(() => parseEtcdUrl("etcd://"), /"etcd:\/\/" is not understood: it must look like etcd:\/\/HOST:2379/);
  assert.throws(() => parseEtcdUrl("etcd://user:secret@a:1"), /is not understood/);
  assert.throws(() => parseEtcdUrl("etcd://a?cafile=x"), /cafile is not known; there are ca, cert and key/);
  assert.throws(() => parseEtcdUrl("etcd://a?cert=x"), /cert and key go together/);
  assert.throws(() => parseEtcdUrl("etcd://a?ca=/none"), /ENOENT.*\/none/);
});
