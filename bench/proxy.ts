/**
 * How long the kernel takes for all Services at once, and for a change of one, in a network namespace of its own.
 * Goals: 5,000 Services of two backends in 4 s, one change in 50 ms (Kubernetes with nftables: 141 ms at 10,000).
 * Run as root: node bench/proxy.ts [SERVICES]
 */
import { execFileSync } from "node:child_process";
import { emptyRuleset, renderBase, renderDiff, renderRules } from "#kubeproxy/backend/nftables-render.ts";
import type { ServicePortRoute } from "#kubeproxy/service-map.ts";
import { quantile, report, round } from "./support/figures.ts";

const services = Number(process.argv[2] ?? 5000);
const options = { table: "bench", clusterCidr: "10.0.0.0/8" };
const namespace = `mk8s-bench-${process.pid}`;

const address = (first: string, number: number) => `${first}.${(number >> 8) & 255}.${number & 255}`;

function routes(changed?: number): ServicePortRoute[] {
  return Array.from({ length: services }, (_, i) => ({
    id: `default/service-${i}:http`,
    protocol: "tcp",
    port: 80,
    clusterIps: [address("10.96", i)],
    externalIps: [],
    nodePort: undefined,
    internal: [
      { ip: address("10.1", i), port: 8080 },
      { ip: address(i === changed ? "10.3" : "10.2", i), port: 8080 },
    ],
    external: [],
    externalLocal: false,
    affinitySeconds: undefined,
  }));
}

/** Milliseconds until nft has loaded the commands; what starting it in a namespace costs is in it. */
function load(commands: string): number {
  const begun = performance.now();
  execFileSync("ip", ["netns", "exec", namespace, "nft", "-f", "-"], { input: commands });
  return performance.now() - begun;
}

execFileSync("ip", ["netns", "add", namespace]);
try {
  const begun = performance.now();
  let now = renderRules(routes());
  const all = renderBase(options) + renderDiff(options.table, emptyRuleset, now);
  const renderMs = performance.now() - begun;
  const loadMs = load(all);
  const changes: number[] = [];
  const renders: number[] = [];
  for (let i = 0; i < 20; i++) {
    const started = performance.now();
    const next = renderRules(routes(i * 7));
    const commands = renderDiff(options.table, now, next);
    renders.push(performance.now() - started);
    changes.push(load(commands));
    now = next;
  }
  const bare = Array.from({ length: 10 }, () => load("list tables\n"));
  report("Services in the kernel", {
    services,
    firstMs: round(renderMs + loadMs, 0),
    firstGoalMs: 4000,
    changeMs: round(quantile(changes, 0.5)),
    changeGoalMs: 50,
    ofItStartingNftMs: round(quantile(bare, 0.5)),
    decidingMs: round(quantile(renders, 0.5)),
  });
} finally {
  execFileSync("ip", ["netns", "del", namespace]);
}
