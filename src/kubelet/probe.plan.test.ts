import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { afterProbe, initialProbeState, type ProbeKind } from "./probe.plan.ts";

/** Results as a text of + and -; what was found after each. */
function walk(kind: ProbeKind, results: string, thresholds: { successThreshold?: number; failureThreshold?: number }) {
  let state = initialProbeState(kind);
  return [...results].map((result) => {
    const verdict = afterProbe(kind, thresholds, state, result === "+");
    state = verdict.state;
    return verdict.kill ? "kill" : state.passing ? "yes" : "no";
  });
}

describe("probes", () => {
  const cases: readonly [ProbeKind, string, object, string][] = [
    ["readiness", "+", {}, "yes"],
    ["readiness", "++", { successThreshold: 2 }, "no yes"],
    ["readiness", "+--+", { failureThreshold: 2 }, "yes yes no yes"],
    ["readiness", "+-+--", { failureThreshold: 2 }, "yes yes yes yes no"],
    ["liveness", "--", { failureThreshold: 3 }, "yes yes"],
    ["liveness", "---", { failureThreshold: 3 }, "yes yes kill"],
    ["liveness", "--+--", { failureThreshold: 3 }, "yes yes yes yes yes"],
    ["startup", "--+", { failureThreshold: 3 }, "no no yes"],
    ["startup", "---", { failureThreshold: 3 }, "no no kill"],
  ];
  for (const [kind, results, thresholds, expected] of cases) {
    test(`${kind} ${results} ${JSON.stringify(thresholds)} is ${expected}`, () =>
      assert.equal(walk(kind, results, thresholds).join(" "), expected));
  }
});
