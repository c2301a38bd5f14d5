import assert from "node:assert/strict";
import { test } from "node:test";
import { Secrets } from "#api/core/v1/secret.ts";
import { ServiceAccounts } from "#api/core/v1/service-account.ts";
import { isNotFound } from "#api/meta/api-error.ts";
import { controllerComponent } from "#controller/run-controller.ts";
import { testCluster } from "#testing/test-cluster.ts";
import { namespace } from "./cluster.fixture.ts";
import { accountTokenController } from "./service-account-token.ts";

const start = () =>
  testCluster({
    nodes: 0,
    components: (dependencies) => [
      controllerComponent(
        accountTokenController({ caPem: "authority", issue: ({ name, uid, secret }) => `${name} ${uid} ${secret}` }),
        dependencies,
      ),
    ],
  });

const key = { namespace, name: "token" };
const draft = {
  metadata: { ...key, annotations: { "kubernetes.io/service-account.name": "robot" } },
  type: "kubernetes.io/service-account-token",
};

test("a Secret made for an account's token is filled, stays as it is and goes with the account", async () => {
  await using cluster = await start();
  const { client } = cluster;
  const account = await client.create(ServiceAccounts, { metadata: { name: "robot", namespace } });
  const { uid } = account.metadata;
  await client.create(Secrets, draft);
  await client.create(Secrets, { metadata: { name: "other", namespace, annotations: draft.metadata.annotations } });
  await cluster.settle();
  const { data = {}, metadata } = await client.get(Secrets, key);
  const text = Object.fromEntries(
    Object.entries(data).map(([name, value]) => [name, `${Buffer.from(value, "base64")}`]),
  );
  assert.deepEqual(text, { "ca.crt": "authority", namespace, token: `robot ${uid} token` });
  assert.equal(metadata.annotations?.["kubernetes.io/service-account.uid"], uid);
  assert.equal((await client.get(Secrets, { namespace, name: "other" })).data, undefined, "of another type");
  await client.patch(Secrets, key, { type: "merge", body: { data: { "ca.crt": null } } });
  await cluster.settle();
  assert.equal((await client.get(Secrets, key)).data?.["ca.crt"], data["ca.crt"]);
  await client.delete(ServiceAccounts, { namespace, name: "robot" });
  await cluster.settle();
  await assert.rejects(client.get(Secrets, key), isNotFound);
});

test("a Secret for nobody goes", async () => {
  await using cluster = await start();
  await cluster.client.create(Secrets, draft);
  await cluster.settle();
  await assert.rejects(cluster.client.get(Secrets, key), isNotFound);
});
