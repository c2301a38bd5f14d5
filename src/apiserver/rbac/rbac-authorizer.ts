import { type Attributes, type Authorizer, type Decision, noOpinion } from "../authz/authorizer.ts";
import { ruleAllows } from "./rule-match.ts";
import type { RuleResolver } from "./rule-resolver.ts";

/** Allows what a role that the user is bound to permits. Roles never forbid anything. */
export function rbacAuthorizer(resolver: RuleResolver): Authorizer {
  return { authorize: (attributes) => decide(resolver, attributes) };
}

function decide(resolver: RuleResolver, attributes: Attributes): Decision {
  const granted = resolver.granted(attributes.user, attributes.resource?.namespace);
  for (const { rules, text } of granted) {
    for (const rule of rules) {
      if (ruleAllows(rule, attributes)) return { verdict: "allow", reason: `RBAC: allowed by ${text}` };
    }
  }
  const missing = [...new Set(granted.flatMap((each) => each.missing ?? []))];
  if (missing.length === 0) return noOpinion;
  return { ...noOpinion, reason: `RBAC: ${missing.length > 1 ? `[${missing.join(", ")}]` : missing[0]}` };
}
