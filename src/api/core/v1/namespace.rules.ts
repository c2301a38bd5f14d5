import { badly } from "#api/meta/check.ts";
import { checkFinalizerScope } from "#api/meta/check-metadata.ts";
import type { Rules } from "#api/resource.ts";
import { isQualifiedName } from "#schema/formats.ts";
import type { Namespace } from "./namespace.ts";

/** By this label selectors can name a namespace. */
const nameLabel = "kubernetes.io/metadata.name";

export function deriveNamespace(namespace: Namespace): void {
  addNameLabel(namespace);
  namespace.status ??= {};
  namespace.status.phase ??= "Active";
}

function addNameLabel({ metadata }: Namespace): void {
  if (metadata.name) metadata.labels = { ...metadata.labels, [nameLabel]: metadata.name };
}

export const namespaceRules: Rules<Namespace> = {
  create(draft) {
    addNameLabel(draft); // a generated name is there only now
    draft.status = { phase: "Active" };
    const finalizers = draft.spec.finalizers ?? [];
    if (!finalizers.includes("kubernetes")) draft.spec.finalizers = [...finalizers, "kubernetes"];
  },
  /** Finalizers are taken off by the subresource `finalize` alone. */
  update(draft, old) {
    if (old.spec.finalizers) draft.spec.finalizers = old.spec.finalizers;
    else delete draft.spec.finalizers;
  },
  check: ({ spec }) =>
    (spec.finalizers ?? []).flatMap((name) => [
      ...badly("spec.finalizers", name, isQualifiedName(name)),
      ...checkFinalizerScope(name, "spec.finalizers"),
    ]),
};
