import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import type { ServicePortRoute } from "../service-map.ts";
import { describeProxyBackend } from "./backend.conformance.ts";
import { noRules, renderIptables, restoreDiff } from "./iptables-render.ts";

const options = { clusterCidr: "10.244.0.0/16" };
const targets = [
  { ip: "10.244.0.2", port: 8080 },
  { ip: "10.244.0.3", port: 8080 },
];
const route = (change: Partial<ServicePortRoute> = {}): ServicePortRoute => ({
  id: "default/web:http",
  protocol: "tcp",
  port: 80,
  clusterIps: ["10.96.0.5"],
  externalIps: [],
  nodePort: undefined,
  internal: targets,
  external: targets,
  externalLocal: false,
  affinitySeconds: undefined,
  ...change,
});

test("chains have kube-proxy's names and lead from Service to endpoint", () => {
  const { nat } = renderIptables([route({ nodePort: 30080 })], options);
  const names = [...nat.keys()].map((name) => name.replace(/-[A-Z2-7]{16}$/, "-…"));
  const expected = [
    "KUBE-MARK-MASQ",
    "KUBE-POSTROUTING",
    "KUBE-SERVICES",
    "KUBE-NODEPORTS",
    "KUBE-SEP-…",
    "KUBE-SEP-…",
    "KUBE-SVC-…",
    "KUBE-EXT-…",
  ];
  assert.deepEqual(names, expected);
  const service = [...nat].find(([name]) => name.startsWith("KUBE-SVC-"));
  assert.match(
    service?.[1].join("\n") ?? "",
    /^! -s 10\.244\.0\.0\/16 -d 10\.96\.0\.5\/32 .* -j KUBE-MARK-MASQ\n-m statistic --mode random --probability 0\.5000000000 -j KUBE-SEP-\w+\n-j KUBE-SEP-\w+$/,
  );
});

test("a world that did not change gives nothing to restore, a changed Service its own chains", () => {
  const other = route({ id: "default/other:http", clusterIps: ["10.96.0.6"] });
  const before = renderIptables([route(), other], options);
  assert.equal(restoreDiff(before, renderIptables([route(), other], options)), "");
  const diff = restoreDiff(
    before,
    renderIptables([route({ internal: targets.slice(0, 1), external: targets.slice(0, 1) }), other], options),
  );
  assert.equal(diff.match(/^:KUBE-SVC-/gm)?.length, 1);
  assert.equal(diff.match(/^-X KUBE-SEP-/gm)?.length, 1);
  assert.doesNotMatch(diff, /KUBE-SERVICES/);
});

test("taking everything away empties each chain before it goes", () => {
  const diff = restoreDiff(renderIptables([route()], options), noRules);
  const emptied = diff.match(/^:KUBE\S+/gm)?.map((name) => name.slice(1));
  const removed = diff.match(/^-X \S+/gm)?.map((name) => name.slice(3));
  assert.deepEqual(emptied, removed);
});

const able = process.getuid?.() === 0 && spawnSync("iptables", ["--version"]).status === 0;
describeProxyBackend({
  name: "iptables",
  leftovers: ["iptables-save | grep KUBE"],
  skip: able ? false : "needs root and iptables",
});
