import { enumOf, type Infer, list, string, struct } from "#schema/nodes.ts";

export const NodeSelectorRequirement = struct("io.k8s.api.core.v1.NodeSelectorRequirement", {
  key: string({ tag: 1, required: true }),
  operator: enumOf(["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"], { tag: 2, required: true }),
  values: list(string(), { tag: 3 }),
});

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
    nodeSelectorTerms: list(NodeSelectorTerm, { tag: 1, required: true }),
  },
  { atomic: true },
);

export interface NodeSelector extends Infer<typeof NodeSelector> {}
