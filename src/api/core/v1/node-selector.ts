import { enumOf, type Infer, list, string, struct } from "#schema/nodes.ts";
import { checkNodeRequirement, checkNodeSelector } from "./scheduling.rules.ts";

export const NodeSelectorRequirement = struct(
  "io.k8s.api.core.v1.NodeSelectorRequirement",
  {
    key: string({ tag: 1, required: true }),
    operator: enumOf(["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"], { tag: 2, required: true }),
    values: list(string(), { tag: 3 }),
  },
  { check: (v, path) => checkNodeRequirement(v, path) },
);

export interface NodeSelectorRequirement extends Infer<typeof NodeSelectorRequirement> {}

export const NodeSelectorTerm = struct(
  "io.k8s.api.core.v1.NodeSelectorTerm",
  {
    matchExpressions: list(NodeSelectorRequirement, { tag: 1 }),
    matchFields: list(NodeSelectorRequirement, { tag: 2 }),
  },
  { atomic: true },
);

export interface NodeSelectorTerm extends Infer<typeof NodeSelectorTerm> {}

export const NodeSelector = struct(
  "io.k8s.api.core.v1.NodeSelector",
  {
    nodeSelectorTerms: list(NodeSelectorTerm, { tag: 1, required: true, keepEmpty: true }),
  },
  { atomic: true, check: (v, path) => checkNodeSelector(v, path) },
);

export interface NodeSelector extends Infer<typeof NodeSelector> {}
