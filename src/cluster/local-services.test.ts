import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { test } from "node:test";
import { renderLocalServices } from "./local-services.ts";

const root = process.getuid?.() === 0 && spawnSync("nft", ["--version"]).status === 0;

test("the kernel takes the rules, and takes them anew", { skip: root ? false : "needs root and nft" }, () => {
  const table = `mk8s_local_${process.pid}`;
  const to = { host: "192.0.2.1", port: 10053 };
  const of = (address: string) => renderLocalServices(table, [{ address, protocol: "udp", port: 53, to }]);
  const name = `mk8s-local-${process.pid}`;
  execFileSync("ip", ["netns", "add", name]);
  try {
    const nft = (args: string[], input = "") =>
      execFileSync("ip", ["netns", "exec", name, "nft", ...args], { input, encoding: "utf8" });
    for (const address of ["10.96.0.10", "10.97.0.10"]) nft(["-f", "-"], of(address));
    const rules = nft(["list", "table", "ip", table]).match(/ip daddr .*/g);
    const rule = "ip daddr 10.97.0.10 udp dport 53 dnat to 192.0.2.1:10053";
    assert.deepEqual(rules, [rule, rule]);
  } finally {
    execFileSync("ip", ["netns", "del", name]);
  }
});
