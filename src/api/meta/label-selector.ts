import { type Infer, list, map, string, struct } from "#schema/nodes.ts";
import { checkLabelSelector } from "./label-selector.rules.ts";

export const LabelSelectorRequirement = struct("io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelectorRequirement", {
  key: string({ tag: 1, description: "The label.", required: true }),
  operator: string({ tag: 2, description: "In, NotIn, Exists or DoesNotExist.", required: true }),
  values: list(string(), { tag: 3, description: "For In and NotIn." }),
});

export interface LabelSelectorRequirement extends Infer<typeof LabelSelectorRequirement> {}

export const LabelSelector = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector",
  {
    matchLabels: map(string(), { tag: 1, description: "Labels that must be there with these values." }),
    matchExpressions: list(LabelSelectorRequirement, { tag: 2, description: "Conditions on labels." }),
  },
  {
    description: "Chooses objects by their labels; all of it must hold.",
    atomic: true,
    check: (v, path) => checkLabelSelector(v, path),
  },
);

export interface LabelSelector extends Infer<typeof LabelSelector> {}
