import { checkNotNegative } from "#api/meta/check.ts";
import { forbidden, invalid, type Problem } from "#schema/problem.ts";
import type { LeaseSpec } from "./lease.ts";

export function checkLeaseSpec(spec: LeaseSpec, path: string): Problem[] {
  const { leaseDurationSeconds: seconds, strategy, preferredHolder } = spec;
  const problems = checkNotNegative(`${path}.leaseTransitions`, spec.leaseTransitions);
  if (seconds !== undefined && seconds <= 0) {
    problems.push(invalid(`${path}.leaseDurationSeconds`, seconds, "must be greater than 0"));
  }
  if (preferredHolder && !strategy) {
    problems.push(forbidden(`${path}.preferredHolder`, "may only be specified if `strategy` is defined"));
  }
  return problems;
}
