import { matches, type Requirement, type Selector } from "#api/meta/selector.ts";
import type { Node } from "./node.ts";
import type { NodeSelectorTerm } from "./node-selector.ts";
import type { PodSpec } from "./pod.ts";

const operators: Record<string, Requirement["operator"]> = {
  In: "In",
  NotIn: "NotIn",
  Exists: "Exists",
  DoesNotExist: "DoesNotExist",
  Gt: "GreaterThan",
  Lt: "LessThan",
};

type NodeFacts = Pick<Node, "metadata">;

/** Whether the node is one that the pod's nodeSelector and required node affinity allow. */
export function nodeAllowed(spec: Pick<PodSpec, "nodeSelector" | "affinity">, node: NodeFacts): boolean {
  const labels = node.metadata.labels ?? {};
  for (const [key, value] of Object.entries(spec.nodeSelector ?? {})) if (labels[key] !== value) return false;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return !required || required.nodeSelectorTerms.some((term) => termMatches(term, node));
}

/** All expressions of a term must hold; a term without any matches no node. */
export function termMatches(term: NodeSelectorTerm, node: NodeFacts): boolean {
  const expressions = selectorOf(term.matchExpressions);
  const fields = selectorOf(term.matchFields);
  if (expressions.length === 0 && fields.length === 0) return false;
  return matches(expressions, node.metadata.labels) && matches(fields, { "metadata.name": node.metadata.name });
}

function selectorOf(requirements: NodeSelectorTerm["matchExpressions"]): Selector {
  return (requirements ?? []).map(({ key, operator, values = [] }) => ({
    key,
    operator: operators[operator] ?? "In",
    values,
  }));
}
