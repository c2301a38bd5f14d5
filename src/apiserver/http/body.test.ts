import assert from "node:assert/strict";
import { test } from "node:test";
import { Pods } from "#api/catalog.ts";
import { decodeObject, expectedKind } from "./body.ts";

const eviction = (apiVersion: string) => {
  const body = Buffer.from(JSON.stringify({ apiVersion, kind: "Eviction", metadata: { name: "p" } }));
  return decodeObject(body, "application/json", { ...expectedKind(Pods, "eviction"), strict: true });
};

test("evictions of clients from before policy/v1 are understood", async () => {
  for (const version of ["policy/v1", "policy/v1beta1"]) {
    const { value } = await eviction(version);
    assert.deepEqual(value, { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "p" } });
  }
  await assert.rejects(eviction("policy/v2"), /does not match the expected API version \(policy\/v1\)/);
});
