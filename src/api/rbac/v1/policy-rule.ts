import { type Infer, list, string, struct } from "#schema/nodes.ts";

export const PolicyRule = struct(
  "io.k8s.api.rbac.v1.PolicyRule",
  {
    verbs: list(string(), {
      tag: 1,
      required: true,
      keepEmpty: true,
      description: "What may be done; * is everything.",
    }),
    apiGroups: list(string(), { tag: 2, description: "Groups of the resources; the empty one is the core, * is all." }),
    resources: list(string(), {
      tag: 3,
      description: "Plurals, as pods or pods/log; * is all, */scale that subresource of all.",
    }),
    resourceNames: list(string(), { tag: 4, description: "Only objects of these names; none means all." }),
    nonResourceURLs: list(string(), {
      tag: 5,
      description: "Paths that are no objects; one may end in *. Only in cluster roles.",
    }),
  },
  { description: "One thing that may be done. There are no rules that forbid." },
);

export interface PolicyRule extends Infer<typeof PolicyRule> {}
