import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";

export interface KernelBackend {
  /** How kernel.fixture.ts knows it. */
  readonly name: string;
  /** Prints all that the backend keeps in the kernel; must print nothing once it has cleaned up. */
  readonly leftovers: readonly string[];
  /** Why it cannot be tried here. */
  readonly skip: string | false;
}

/** What every backend must make of the kernel, tried in a network namespace of its own. */
export function describeProxyBackend({ name, leftovers, skip }: KernelBackend): void {
  test(`${name}: connections to Services on the real kernel`, { skip }, () => {
    inNamespace((run) => {
      const fixture = join(import.meta.dirname, "kernel.fixture.ts");
      const results = JSON.parse(run(process.execPath, fixture, name));
      const everyone = ["one", "three", "two"];
      assert.deepEqual(results, {
        spread: everyone,
        affinity: 1,
        one: ["one"],
        two: ["one", "two"],
        refused: ["ECONNREFUSED", "two"],
        nodePort: everyone,
        external: everyone,
        dropped: ["timeout"],
        takenOver: ["two", "ECONNREFUSED"],
        cleaned: results.cleaned,
      });
      assert.ok(!everyone.includes(results.cleaned[0]));
      assert.equal(run("sh", "-c", `${leftovers.join(" ")} || true`).trim(), "");
    });
  });
}

/** The machine's own rules are left alone: there may be a real cluster on it. */
function inNamespace(body: (run: (...command: string[]) => string) => void): void {
  const namespace = `mk8s-proxy-${process.pid}`;
  const ip = (...args: string[]) => execFileSync("ip", args);
  ip("netns", "add", namespace);
  try {
    ip("-n", namespace, "link", "set", "lo", "up");
    ip("-n", namespace, "link", "add", "out", "type", "bridge");
    ip("-n", namespace, "addr", "add", "192.0.2.1/24", "dev", "out");
    ip("-n", namespace, "link", "set", "out", "up");
    ip("-n", namespace, "route", "add", "default", "dev", "out");
    body((...command) => execFileSync("ip", ["netns", "exec", namespace, ...command], { encoding: "utf8" }));
  } finally {
    ip("netns", "del", namespace);
  }
}
