import assert from "node:assert/strict";
import { test } from "node:test";
import { IngressClasses, Ingresses } from "#api/catalog.ts";
import { testServer } from "../test-server.ts";

const ingress = (name: string, spec: object = {}, annotations: Record<string, string> = {}) => ({
  metadata: { namespace: "default", name, annotations },
  spec: { defaultBackend: { service: { name: "web", port: { number: 80 } } }, ...spec },
});

test("an Ingress without a class gets the one that is for all", async () => {
  await using server = await testServer();
  const { client } = server;
  const classOf = async (...of: Parameters<typeof ingress>) =>
    (await client.create(Ingresses, ingress(...of))).spec.ingressClassName;
  const makeClass = (name: string, standard: string) =>
    client.create(IngressClasses, {
      metadata: { name, annotations: { "ingressclass.kubernetes.io/is-default-class": standard } },
      spec: { controller: "acme.io/ingress" },
    });

  await makeClass("other", "false");
  assert.equal(await classOf("early"), undefined);
  await makeClass("standard", "true");
  assert.equal(await classOf("plain"), "standard");
  assert.equal(await classOf("named", { ingressClassName: "other" }), "other");
  assert.equal(await classOf("old", {}, { "kubernetes.io/ingress.class": "other" }), undefined);
});
