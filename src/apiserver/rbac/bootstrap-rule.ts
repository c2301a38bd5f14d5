import type { Draft } from "#api/meta/object-meta.ts";
import type { ClusterRole } from "#api/rbac/v1/cluster-role.ts";
import type { PolicyRule } from "#api/rbac/v1/policy-rule.ts";

/** Marks of what the server makes and keeps up to date by itself. */
export const bootstrapLabel = "kubernetes.io/bootstrapping";
export const autoUpdate = "rbac.authorization.kubernetes.io/autoupdate";

export const marked = (metadata: Draft<ClusterRole["metadata"]>): Draft<ClusterRole["metadata"]> => ({
  ...metadata,
  labels: { ...metadata.labels, [bootstrapLabel]: "rbac-defaults" },
  annotations: { [autoUpdate]: "true" },
});

export const reading = "get list watch";
export const writing = "create update patch delete deletecollection";

/** A word for the group without a name, in lists of words. */
const core = "core";

const words = (text: string): string[] => text.split(/\s+/).filter(Boolean).toSorted();

/** Lists of words: verbs, groups (the nameless one is `core`) and resources; at last the names that it is limited to. */
export function rule(verbs: string, groups: string, resources: string, names = ""): PolicyRule {
  return {
    verbs: words(verbs),
    apiGroups: words(groups)
      .map((group) => (group === core ? "" : group))
      .toSorted(),
    resources: words(resources),
    ...(names && { resourceNames: words(names) }),
  };
}

export const paths = (verbs: string, urls: string): PolicyRule => ({
  verbs: words(verbs),
  nonResourceURLs: words(urls),
});

export const events = rule("create update patch", "core events.k8s.io", "events");

export type RoleRules = readonly [name: string, ...rules: PolicyRule[]];
