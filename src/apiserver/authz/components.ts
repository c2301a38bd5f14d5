import { type Authorizer, allow, noOpinion } from "./authorizer.ts";

/**
 * The controllers share one user, and what they do together is everything: garbage collection and the deletion of
 * namespaces reach every kind. What other parts of the control plane may do stands in the bootstrap roles.
 */
const mayDoEverything = new Set(["system:apiserver", "system:kube-controller-manager"]);

export const components: Authorizer = {
  authorize: ({ user }) => (mayDoEverything.has(user.name) ? allow : noOpinion),
};
