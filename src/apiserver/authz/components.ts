import { type Attributes, type Authorizer, allow, noOpinion, type ResourceAttributes } from "./authorizer.ts";

interface Rule {
  readonly verbs: readonly string[];
  /** `pods`, `pods/status`, `leases.coordination.k8s.io`; `*` is everything. */
  readonly resources: readonly string[];
  readonly namespace?: string;
}

const reading = ["get", "list", "watch"];

/** What the parts of the control plane do. The controllers' share grows with each controller, so it is everything. */
const rules: Readonly<Record<string, readonly Rule[]>> = {
  "system:apiserver": [{ verbs: ["*"], resources: ["*"] }],
  "system:kube-controller-manager": [{ verbs: ["*"], resources: ["*"] }],
  "system:kube-scheduler": [
    { verbs: reading, resources: ["*"] },
    { verbs: ["create"], resources: ["pods/binding", "pods/eviction", "bindings"] },
    { verbs: ["update", "patch"], resources: ["pods/status"] },
    { verbs: ["delete"], resources: ["pods"] },
    { verbs: ["create", "update", "patch"], resources: ["events", "events.events.k8s.io"] },
    { verbs: ["create", "update"], resources: ["leases.coordination.k8s.io"], namespace: "kube-system" },
  ],
  "system:kube-proxy": [
    { verbs: reading, resources: ["services", "endpoints", "endpointslices.discovery.k8s.io", "nodes"] },
    { verbs: ["create", "update", "patch"], resources: ["events", "events.events.k8s.io"] },
  ],
};

/** Lets the parts of the control plane do what they are there for. */
export const components: Authorizer = {
  authorize: (attributes) =>
    rules[attributes.user.name]?.some((rule) => permits(rule, attributes)) ? allow : noOpinion,
};

function permits({ verbs, resources, namespace }: Rule, { verb, resource }: Attributes): boolean {
  if (!verbs.includes("*") && !verbs.includes(verb)) return false;
  if (!resource) return resources.includes("*") && verbs.includes("*");
  if (namespace !== undefined && resource.namespace !== namespace) return false;
  return resources.includes("*") || resources.includes(nounOf(resource));
}

function nounOf({ group, plural, subresource }: ResourceAttributes): string {
  const qualified = group ? `${plural}.${group}` : plural;
  return subresource ? `${qualified}/${subresource}` : qualified;
}
