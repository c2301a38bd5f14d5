import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { test } from "node:test";
import type { ServicePortRoute } from "../service-map.ts";
import { describeProxyBackend } from "./backend.conformance.ts";
import { emptyRuleset, renderBase, renderDiff, renderRules } from "./nftables-render.ts";

const options = { table: `mk8s_test_${process.pid}`, clusterCidr: "10.244.0.0/16", loopbackVia: "mk8s-none" };

const route = (change: Partial<ServicePortRoute> = {}): ServicePortRoute => ({
  id: "default/web:http",
  protocol: "tcp",
  port: 80,
  clusterIps: ["10.96.0.5"],
  externalIps: [],
  nodePort: undefined,
  internal: [
    { ip: "10.244.0.2", port: 8080 },
    { ip: "10.244.0.3", port: 8080 },
  ],
  external: [],
  externalLocal: false,
  affinitySeconds: undefined,
  ...change,
});

test("a world that did not change gives no commands", () => {
  const rules = renderRules([route()]);
  assert.equal(renderDiff("t", rules, renderRules([route()])), "");
});

test("one changed Service sends only its own rules", () => {
  const other = route({ id: "default/other:http", clusterIps: ["10.96.0.6"] });
  const before = renderRules([route(), other]);
  const after = renderRules([route({ internal: [{ ip: "10.244.0.2", port: 8080 }] }), other]);
  const diff = renderDiff("t", before, after);
  assert.match(diff, /10\.96\.0\.5 \. tcp \. 80/);
  assert.doesNotMatch(diff, /10\.96\.0\.6/);
});

test("without endpoints connections are refused, with external policy Local they are dropped", () => {
  const rules = renderRules([route({ internal: [], nodePort: 30080, externalLocal: true })]);
  assert.deepEqual([...rules.keys()].toSorted(), ["refused_addresses", "refused_nodePorts"]);
  assert.equal(rules.get("refused_addresses")?.get("10.96.0.5 . tcp . 80"), "goto refuse");
  assert.equal(rules.get("refused_nodePorts")?.get("tcp . 30080"), "goto discard");
});

const root = process.getuid?.() === 0 && spawnSync("nft", ["--version"]).status === 0;
const needsRoot = { skip: root ? false : "needs root and nft" };

/** Runs in a network namespace of its own, so that the machine's rules are left alone. */
function inNamespace(body: (run: (...command: string[]) => string) => void): void {
  const name = `mk8s-nft-${process.pid}`;
  execFileSync("ip", ["netns", "add", name]);
  try {
    body((...command) => execFileSync("ip", ["netns", "exec", name, ...command], { encoding: "utf8" }));
  } finally {
    execFileSync("ip", ["netns", "del", name]);
  }
}

test("the kernel takes every kind of rule, and a diff leads to the same table as a fresh start", needsRoot, () => {
  const first = [
    route(),
    route({ id: "d/udp:dns", protocol: "udp", port: 53, clusterIps: ["10.96.0.10"], affinitySeconds: 60 }),
  ];
  const second = [
    route({ internal: [{ ip: "10.244.0.9", port: 1 }], nodePort: 30080, external: [{ ip: "10.244.0.9", port: 1 }] }),
    route({ id: "d/none:x", clusterIps: ["10.96.0.11"], internal: [], externalIps: ["192.0.2.77"] }),
  ];
  const base = renderBase(options);
  inNamespace((run) => {
    const load = (commands: string) => run("sh", "-c", `nft -f - <<'EOF'\n${commands}\nEOF`);
    const normal = (text: string) =>
      text
        .split("\n")
        .map((line) => line.trim())
        .toSorted()
        .join("\n");
    const listed = () =>
      normal(
        run("nft", "list", "table", "ip", options.table).replaceAll(/elements = \{[^}]*\}/g, (all) =>
          all.split(/\s+/).toSorted().join(" "),
        ),
      );
    const a = renderRules(first);
    const b = renderRules(second);
    load(base + renderDiff(options.table, emptyRuleset, b));
    const fresh = listed();
    load(base + renderDiff(options.table, emptyRuleset, a));
    assert.notEqual(listed(), fresh);
    load(renderDiff(options.table, a, b));
    assert.equal(listed(), fresh);
  });
});

describeProxyBackend({
  name: "nftables",
  leftovers: ["nft list tables"],
  skip: root ? false : "needs root and nft",
});
