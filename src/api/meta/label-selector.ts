import { type Infer, list, map, string, struct } from "#schema/nodes.ts";
import { checkLabelSelector } from "./label-selector.rules.ts";

export const LabelSelectorRequirement = struct("io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelectorRequirement", {
  key: string({ tag: 1, required: true }),
  operator: string({ tag: 2, required: true }),
  values: list(string(), { tag: 3 }),
});

export interface LabelSelectorRequirement extends Infer<typeof LabelSelectorRequirement> {}

export const LabelSelector = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector",
  {
    matchLabels: map(string(), { tag: 1 }),
    matchExpressions: list(LabelSelectorRequirement, { tag: 2 }),
  },
  { atomic: true, check: (v, path) => checkLabelSelector(v, path) },
);

export interface LabelSelector extends Infer<typeof LabelSelector> {}
