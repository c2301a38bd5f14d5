import assert from "node:assert/strict";
import { test } from "node:test";
import { Pods, ServiceAccounts } from "#api/catalog.ts";
import { pod, testServer } from "../test-server.ts";

const mountPath = "/var/run/secrets/kubernetes.io/serviceaccount";

test("every container is given its account, unless pod or account are against it", async () => {
  await using server = await testServer();
  const { client } = server;
  for (const [name, automountServiceAccountToken] of [
    ["shy", false],
    ["open", true],
  ] as const) {
    await client.create(ServiceAccounts, { metadata: { name, namespace: "default" }, automountServiceAccountToken });
  }
  const mounted = async (name: string, spec: Parameters<typeof pod>[1]) =>
    ((await client.create(Pods, pod(name, spec))).spec.volumes ?? []).length > 0;
  assert.equal(await mounted("a", {}), true);
  assert.equal(await mounted("b", { automountServiceAccountToken: false }), false);
  assert.equal(await mounted("c", { serviceAccountName: "shy" }), false);
  assert.equal(await mounted("d", { serviceAccountName: "shy", automountServiceAccountToken: true }), true);
  assert.equal(await mounted("e", { serviceAccountName: "open" }), true);
});

test("what is mounted, and what a pod mounts there itself", async () => {
  await using server = await testServer();
  const image = "registry.local/i:1";
  const own = { name: "own", mountPath };
  const { spec } = await server.client.create(
    Pods,
    pod("web", {
      initContainers: [{ name: "i", image }],
      containers: [
        { name: "a", image, volumeMounts: [{ name: "own", mountPath: "/data" }] },
        { name: "b", image, volumeMounts: [own] },
      ],
      volumes: [{ name: "own", emptyDir: {} }],
    }),
  );
  const volume = spec.volumes?.[1];
  assert.match(volume?.name ?? "", /^kube-api-access-[a-z0-9]{5}$/);
  assert.deepEqual(volume?.projected, {
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
      { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
      {
        downwardAPI: {
          items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }],
        },
      },
    ],
    defaultMode: 420,
  });
  const access = { name: volume?.name ?? "", readOnly: true, mountPath };
  const mounts = [...(spec.initContainers ?? []), ...spec.containers].map(({ volumeMounts }) => volumeMounts);
  assert.deepEqual(mounts, [[access], [{ name: "own", mountPath: "/data" }, access], [own]]);
  const bare = { containers: [{ name: "b", image, volumeMounts: [own] }], volumes: [{ name: "own", emptyDir: {} }] };
  const other = await server.client.create(Pods, pod("own", bare));
  assert.deepEqual(
    other.spec.volumes?.map(({ name }) => name),
    ["own"],
  );
});
