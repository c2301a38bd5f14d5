import { ageColumn, nameColumn } from "#api/meta/columns.ts";
import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { bool, type Infer, list } from "#schema/nodes.ts";
import { LocalObjectReference, ObjectReference } from "./object-reference.ts";

export const ServiceAccount = kubeObject(
  "io.k8s.api.core.v1.ServiceAccount",
  {
    secrets: list(ObjectReference, {
      tag: 2,
      description: "Secrets that its pods may use.",
      patch: "merge",
      mergeKey: "name",
      listType: "map",
      keys: ["name"],
    }),
    imagePullSecrets: list(LocalObjectReference, { tag: 3, description: "Given to pods that name none of their own." }),
    automountServiceAccountToken: bool({
      tag: 4,
      description: "Whether pods get a token mounted, unless they say otherwise.",
    }),
  },
  { description: "In whose name the processes of a pod talk to the API." },
);

export interface ServiceAccount extends Infer<typeof ServiceAccount>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const ServiceAccounts = defineResource<ServiceAccount>({
  group: "",
  version: "v1",
  kind: "ServiceAccount",
  plural: "serviceaccounts",
  scope: "Namespaced",
  schema: ServiceAccount,
  shortNames: ["sa"],
  subresources: ["token"],
  columns: [nameColumn, ageColumn],
});
