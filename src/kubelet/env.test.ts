import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ConfigMap } from "#api/core/v1/config-map.ts";
import type { Container } from "#api/core/v1/container.ts";
import type { EnvFromSource, EnvVar } from "#api/core/v1/env.ts";
import type { Secret } from "#api/core/v1/secret.ts";
import type { Service } from "#api/core/v1/service.ts";
import { containerEnvironment } from "./env.ts";
import { expand } from "./expand.ts";
import { podOf } from "./pod.fixture.ts";
import type { References } from "./references.ts";

describe("$(NAME)", () => {
  const known: Record<string, string> = { A: "1", B: "$(A)", EMPTY: "" };
  const cases: readonly [string, string][] = [
    ["plain", "plain"],
    ["$(A)", "1"],
    ["x$(A)y$(A)", "x1y1"],
    ["$(B)", "$(A)"],
    ["$(EMPTY)", ""],
    ["$(NONE)", "$(NONE)"],
    ["$$(A)", "$(A)"],
    ["$$$(A)", "$1"],
    ["$$$$(A)", "$$(A)"],
    ["$A", "$A"],
    ["$", "$"],
    ["$$", "$"],
    ["$(A", "$(A"],
    ["$()", "$()"],
    ["a$b$$c", "a$b$c"],
  ];
  for (const [text, expected] of cases)
    test(`${text} is ${expected}`, () =>
      assert.equal(
        expand(text, (name) => known[name]),
        expected,
      ));
});

const meta = (name: string, namespace = "default") => ({
  name,
  namespace,
  uid: name,
  resourceVersion: "1",
  creationTimestamp: "",
});
const configMaps: Record<string, Record<string, string>> = { settings: { colour: "blue", "not-a-name": "kept" } };
const secrets: Record<string, Record<string, string>> = { keys: { key: Buffer.from("s3cret").toString("base64") } };
const service = (name: string, clusterIP: string, ports: Service["spec"]["ports"], namespace?: string) =>
  ({ apiVersion: "v1", kind: "Service", metadata: meta(name, namespace), spec: { clusterIP, ports } }) as Service;
const services = [
  service("kubernetes", "10.96.0.1", [{ name: "https", port: 443, protocol: "TCP" }]),
  service("my-web", "10.96.0.7", [
    { name: "http", port: 80, protocol: "TCP" },
    { name: "dns", port: 53, protocol: "UDP" },
  ]),
  service("headless", "None", [{ port: 80, protocol: "TCP" }]),
];

const references: References = {
  configMap: async (_, name) =>
    configMaps[name] &&
    ({ apiVersion: "v1", kind: "ConfigMap", metadata: meta(name), data: configMaps[name] } as ConfigMap),
  secret: async (_, name) =>
    secrets[name] && ({ apiVersion: "v1", kind: "Secret", metadata: meta(name), data: secrets[name] } as Secret),
  services: async () => services,
};

async function environment(env: EnvVar[], envFrom: EnvFromSource[] = [], links = false): Promise<Map<string, string>> {
  const resources = { limits: { cpu: "1500m" }, requests: { memory: "64Mi" } };
  const container = { name: "app", image: "app:1", env, envFrom, resources } as Container;
  const pod = podOf(
    { containers: [container], enableServiceLinks: links, serviceAccountName: "robot", nodeName: "n1" },
    {},
    { labels: { app: "web", tier: 'a"b' }, annotations: { note: "x" } },
  );
  const place = { podIPs: ["10.0.0.5", "fd00::5"], hostIPs: ["192.0.2.1"], nodeName: "n1" };
  return containerEnvironment({ pod, references, allocatable: { memory: "1Gi", cpu: "4" }, ...place }, container);
}

describe("environment", () => {
  const fields: readonly [string, string][] = [
    ["metadata.name", "web"],
    ["metadata.namespace", "default"],
    ["metadata.uid", "u1"],
    ["metadata.labels['app']", "web"],
    ["metadata.labels['none']", ""],
    ["metadata.annotations['note']", "x"],
    ["spec.nodeName", "n1"],
    ["spec.serviceAccountName", "robot"],
    ["status.podIP", "10.0.0.5"],
    ["status.podIPs", "10.0.0.5,fd00::5"],
    ["status.hostIP", "192.0.2.1"],
    ["metadata.labels", 'app="web"\ntier="a\\"b"'],
  ];
  for (const [fieldPath, expected] of fields) {
    test(`${fieldPath} is ${expected}`, async () => {
      assert.equal((await environment([{ name: "A", valueFrom: { fieldRef: { fieldPath } } }])).get("A"), expected);
    });
  }

  const amounts: readonly [string, string | undefined, string][] = [
    ["limits.cpu", undefined, "2"],
    ["limits.cpu", "1m", "1500"],
    ["limits.memory", "1Mi", "1024"],
    ["requests.memory", undefined, "67108864"],
    ["requests.cpu", undefined, "0"],
  ];
  for (const [resource, divisor, expected] of amounts) {
    test(`${resource} in units of ${divisor ?? "1"} is ${expected}`, async () => {
      const resourceFieldRef = { resource, ...(divisor && { divisor }) };
      assert.equal((await environment([{ name: "A", valueFrom: { resourceFieldRef } }])).get("A"), expected);
    });
  }

  test("later variables see earlier ones, and what is listed goes before what comes in bulk", async () => {
    const env = [
      { name: "LATE", value: "$(COLOUR)!" },
      { name: "COLOUR", valueFrom: { configMapKeyRef: { name: "settings", key: "colour" } } },
      { name: "THEN", value: "$(COLOUR) $(P_key)" },
      { name: "P_key", value: "mine" },
    ];
    const found = await environment(env, [
      { prefix: "P_", secretRef: { name: "keys" } },
      { configMapRef: { name: "settings" } },
    ]);
    assert.deepEqual(
      ["LATE", "THEN", "P_key", "colour", "not-a-name"].map((name) => found.get(name)),
      ["$(COLOUR)!", "blue s3cret", "mine", "blue", "kept"],
    );
  });

  const errors: readonly [EnvVar | EnvFromSource, string][] = [
    [{ name: "A", valueFrom: { configMapKeyRef: { name: "none", key: "k" } } }, 'configmap "none" not found'],
    [
      { name: "A", valueFrom: { configMapKeyRef: { name: "settings", key: "k" } } },
      "couldn't find key k in ConfigMap default/settings",
    ],
    [{ name: "A", valueFrom: { secretKeyRef: { name: "none", key: "k" } } }, 'secret "none" not found'],
    [
      { name: "A", valueFrom: { secretKeyRef: { name: "keys", key: "k" } } },
      "couldn't find key k in Secret default/keys",
    ],
    [{ configMapRef: { name: "none" } }, 'configmap "none" not found'],
    [{ secretRef: { name: "none" } }, 'secret "none" not found'],
  ];
  for (const [source, message] of errors) {
    test(message, async () => {
      const made = "name" in source ? environment([source as EnvVar]) : environment([], [source as EnvFromSource]);
      await assert.rejects(made, { message });
    });
  }

  test("what is optional and missing is left out", async () => {
    const env = [
      { name: "A", valueFrom: { configMapKeyRef: { name: "none", key: "k", optional: true } } },
      { name: "B", valueFrom: { secretKeyRef: { name: "keys", key: "k", optional: true } } },
    ];
    const found = await environment(env, [{ configMapRef: { name: "none", optional: true } }]);
    assert.deepEqual([found.has("A"), found.has("B")], [false, false]);
  });

  test("Services are found by their variables", async () => {
    const found = await environment([{ name: "MY_WEB_SERVICE_PORT", value: "mine" }], [], true);
    assert.deepEqual(Object.fromEntries([...found].filter(([name]) => name.startsWith("MY_WEB"))), {
      MY_WEB_SERVICE_PORT: "mine",
      MY_WEB_SERVICE_HOST: "10.96.0.7",
      MY_WEB_SERVICE_PORT_HTTP: "80",
      MY_WEB_SERVICE_PORT_DNS: "53",
      MY_WEB_PORT: "tcp://10.96.0.7:80",
      MY_WEB_PORT_80_TCP: "tcp://10.96.0.7:80",
      MY_WEB_PORT_80_TCP_PROTO: "tcp",
      MY_WEB_PORT_80_TCP_PORT: "80",
      MY_WEB_PORT_80_TCP_ADDR: "10.96.0.7",
      MY_WEB_PORT_53_UDP: "udp://10.96.0.7:53",
      MY_WEB_PORT_53_UDP_PROTO: "udp",
      MY_WEB_PORT_53_UDP_PORT: "53",
      MY_WEB_PORT_53_UDP_ADDR: "10.96.0.7",
    });
    assert.equal(found.get("KUBERNETES_SERVICE_HOST"), "10.96.0.1");
    assert.equal((await environment([])).get("KUBERNETES_SERVICE_PORT_HTTPS"), "443");
    assert.equal((await environment([])).has("MY_WEB_SERVICE_HOST"), false);
  });
});
