import { Namespaces } from "#api/catalog.ts";
import { ApiError, forbidden, notFound } from "#api/meta/api-error.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import { qualifiedName } from "#api/resource.ts";
import type { AdmissionPlugin, Review } from "./admission.ts";

/** The cluster does not work without them. */
const immortal = new Set(["default", "kube-system", "kube-public", "kube-node-lease"]);

/** Nothing is created in a namespace that is not there or is going, and some namespaces never go. */
export function namespaceLifecycle(findNamespace: (name: string) => Promise<KubeObject | undefined>): AdmissionPlugin {
  return {
    name: "NamespaceLifecycle",
    async mutate(review) {
      if (review.verb !== "create" || review.resource.scope !== "Namespaced" || !review.namespace) return;
      const namespace = await findNamespace(review.namespace);
      if (!namespace) throw notFound(Namespaces, review.namespace);
      if (namespace.metadata.deletionTimestamp) throw terminating(review, review.namespace);
    },
    validate({ verb, resource, name }) {
      if (verb !== "delete" || qualifiedName(resource) !== "namespaces" || !immortal.has(name)) return;
      throw forbidden(resource, name, "this namespace may not be deleted");
    },
  };
}

function terminating({ resource, name, object }: Review, namespace: string): ApiError {
  const error = forbidden(
    resource,
    name || (object?.metadata.generateName ?? ""),
    `unable to create new content in namespace ${namespace} because it is being terminated`,
  );
  return new ApiError("Forbidden", error.message, {
    ...error.details,
    causes: [
      {
        reason: "NamespaceTerminating",
        message: `namespace ${namespace} is being terminated`,
        field: "metadata.namespace",
      },
    ],
  });
}
