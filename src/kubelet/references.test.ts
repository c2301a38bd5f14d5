import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConfigMap } from "#api/core/v1/config-map.ts";
import type { Service } from "#api/core/v1/service.ts";
import { forbidden, notFound } from "#api/meta/api-error.ts";
import type { Checkpoint } from "#checkpoint/checkpoint.ts";
import type { Caches } from "#client/cache/caches.ts";
import type { Client } from "#client/client.ts";
import { systemClock } from "#kit/clock.ts";
import { silentLogger } from "#kit/log.ts";
import { apiReferences, type References, shared, Unanswered } from "./references.ts";
import { RememberedService } from "./remembered-service.ts";

const kubernetes = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "kubernetes", namespace: "default" },
  spec: { clusterIP: "10.96.0.1" },
} as Service;

function memory(): Checkpoint {
  const values = new Map<string, Uint8Array>();
  return {
    load: async () => values,
    save: async (key, value) => void values.set(key, value),
    remove: async (key) => void values.delete(key),
  };
}

function referencesWith(get: () => Promise<never>, known: readonly Service[], checkpoint = memory()): References {
  const caches = {
    synced: async () => {},
    find: () => known[0],
    all: () => [],
  } as unknown as Caches;
  const apiService = new RememberedService(checkpoint, silentLogger);
  return apiReferences({ client: { get } as Pick<Client, "get">, caches, clock: systemClock, apiService });
}

test("no such object, a refusal and no answer are three things", async () => {
  const kind = { group: "", plural: "configmaps" };
  const ask = (error: Error) => referencesWith(() => Promise.reject(error), []).configMap("n", "a");
  assert.equal(await ask(notFound(kind, "a")), undefined);
  await assert.rejects(ask(forbidden(kind, "a", "no")), { reason: "Forbidden" });
  await assert.rejects(ask(new Error("connect ECONNREFUSED")), Unanswered);
});

test("the way to the API is known after a restart, before it answers", async () => {
  const checkpoint = memory();
  const never = () => Promise.reject(new Error("away"));
  assert.deepEqual(await referencesWith(never, [], checkpoint).services("n"), []);
  await referencesWith(never, [kubernetes], checkpoint).services("n");
  assert.deepEqual(await referencesWith(never, [], checkpoint).services("n"), [kubernetes]);
});

test("who asks for the same at the same time gets one answer, who asks later another", async () => {
  let asked = 0;
  const map = { data: {} } as ConfigMap;
  const configMap = async () => {
    asked++;
    return map;
  };
  const references = shared({ configMap, secret: async () => undefined, services: async () => [] });
  await Promise.all([references.configMap("n", "a"), references.configMap("n", "a"), references.configMap("n", "b")]);
  assert.equal(asked, 2);
  await references.configMap("n", "a");
  assert.equal(asked, 3);
});
