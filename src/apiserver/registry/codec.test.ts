import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigMaps, Deployments } from "#api/catalog.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import { atRevision, decode, encode, encodedJson, finalOf } from "./codec.ts";

const draft = () =>
  ({ data: { ä: "ö" }, kind: "x", metadata: { name: "a", resourceVersion: "3", uid: "u" } }) as unknown as KubeObject;
const text = (object: object) => encodedJson(object).toString();

test("stored bytes know nothing of the version; it is spliced in when they are read", () => {
  const { bytes } = encode(ConfigMaps, draft());
  assert.equal(
    bytes.toString(),
    '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a","uid":"u"},"data":{"ä":"ö"}}',
  );
  const object = decode(ConfigMaps, bytes, 12);
  assert.equal(object.metadata.resourceVersion, "12");
  assert.deepEqual(JSON.parse(text(object)), object);
  assert.ok(
    text(object).startsWith('{"kind":"ConfigMap","apiVersion":"v1","metadata":{"resourceVersion":"12","name":"a"'),
  );
  assert.equal(encodedJson(object), encodedJson(object), "made once");
});

test("writer and feed get one object, and a later version of it shares its bytes", () => {
  const stored = encode(ConfigMaps, draft());
  const object = finalOf(ConfigMaps, stored, 5);
  assert.equal(finalOf(ConfigMaps, stored, 5), object);
  const last = atRevision(ConfigMaps, object, 9);
  assert.deepEqual([object.metadata.resourceVersion, last.metadata.resourceVersion], ["5", "9"]);
  assert.deepEqual(JSON.parse(text(last)), last);
});

test("bytes that begin otherwise, and metadata that is empty, are read all the same", () => {
  const foreign = Buffer.from('{"metadata":{"name":"a"},"apiVersion":"apps/v1","kind":"Deployment"}');
  const object = decode(Deployments, foreign, 7);
  assert.deepEqual(JSON.parse(text(object)), object);
  const empty = decode(ConfigMaps, Buffer.from('{"kind":"ConfigMap","apiVersion":"v1","metadata":{}}'), 7);
  assert.deepEqual(JSON.parse(text(empty)), empty);
});

test("nothing that was read can be changed, at any depth", () => {
  const { bytes } = encode(ConfigMaps, draft());
  const object = decode(ConfigMaps, bytes, 1) as KubeObject & { data: Record<string, string> };
  for (const part of [object, object.metadata, object.data]) assert.ok(Object.isFrozen(part));
});
