import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { PodSpec } from "#api/core/v1/pod.ts";
import { domainOf, hostnameOf } from "./hostname.ts";
import { hostsFile } from "./hosts-file.ts";
import { podOf } from "./pod.fixture.ts";
import { podDns } from "./pod-dns.ts";

const resolvConf = "# made by hand\nnameserver 192.0.2.53\nsearch example.com .\noptions timeout:1 edns0\n";
const settings = { clusterDns: ["10.96.0.10"], clusterDomain: "cluster.local", resolvConf };
const node = { servers: ["192.0.2.53"], searches: ["example.com"], options: ["timeout:1", "edns0"] };
const cluster = {
  servers: ["10.96.0.10"],
  searches: ["default.svc.cluster.local", "svc.cluster.local", "cluster.local", "example.com"],
  options: ["ndots:5"],
};

describe("a pod's DNS", () => {
  const cases: readonly [name: string, spec: Partial<PodSpec>, expected: object][] = [
    ["ClusterFirst", {}, cluster],
    ["ClusterFirst in the host's network is the node's", { hostNetwork: true }, node],
    ["ClusterFirstWithHostNet", { hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" }, cluster],
    ["Default", { dnsPolicy: "Default" }, node],
    [
      "None",
      { dnsPolicy: "None", dnsConfig: { nameservers: ["1.1.1.1"] } },
      { servers: ["1.1.1.1"], searches: [], options: [] },
    ],
    [
      "the pod's own go on top",
      {
        dnsPolicy: "Default",
        dnsConfig: { searches: ["a.b"], options: [{ name: "timeout", value: "3" }, { name: "debug" }] },
      },
      { ...node, searches: ["example.com", "a.b"], options: ["edns0", "timeout:3", "debug"] },
    ],
  ];
  for (const [name, spec, expected] of cases)
    test(name, () => assert.deepEqual(podDns(podOf(spec), settings), expected));

  test("without a cluster DNS pods have the node's", () =>
    assert.deepEqual(podDns(podOf(), { ...settings, clusterDns: [] }), node));
});

describe("names inside", () => {
  test("the host name is the pod's, or what it says, and never too long", () => {
    assert.equal(hostnameOf(podOf(), "n1"), "web");
    assert.equal(hostnameOf(podOf({ hostname: "db" }), "n1"), "db");
    assert.equal(hostnameOf(podOf({ hostNetwork: true }), "n1"), "n1");
    assert.equal(hostnameOf(podOf({}, undefined, { name: `${"a".repeat(62)}-b` }), "n1"), "a".repeat(62));
  });

  test("/etc/hosts names the pod and its aliases", () => {
    const pod = podOf({ subdomain: "dbs", hostname: "db", hostAliases: [{ ip: "1.2.3.4", hostnames: ["a", "b"] }] });
    const domain = domainOf(pod, "n1", "cluster.local");
    assert.equal(domain, "db.dbs.default.svc.cluster.local");
    const lines = hostsFile(pod, ["10.0.0.5"], "db", domain).split("\n");
    assert.equal(lines[0], "# Kubernetes-managed hosts file.");
    assert.deepEqual(lines.slice(-5), [
      "10.0.0.5\tdb.dbs.default.svc.cluster.local\tdb",
      "",
      "# Entries added by HostAliases.",
      "1.2.3.4\ta\tb",
      "",
    ]);
  });
});
