import { ageColumn, nameColumn } from "#api/meta/columns.ts";
import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { enumOf, type Infer, list, ref, string, struct, time } from "#schema/nodes.ts";
import { deriveNamespace, namespaceRules } from "./namespace.rules.ts";

export const NamespaceSpec = struct("io.k8s.api.core.v1.NamespaceSpec", {
  finalizers: list(string(), { tag: 1, description: "Must be empty before the namespace goes." }),
});

export interface NamespaceSpec extends Infer<typeof NamespaceSpec> {}

export const NamespaceCondition = struct("io.k8s.api.core.v1.NamespaceCondition", {
  type: string({ tag: 1, required: true, keepEmpty: true }),
  status: string({ tag: 2, required: true, keepEmpty: true }),
  lastTransitionTime: time({ tag: 4 }),
  reason: string({ tag: 5 }),
  message: string({ tag: 6 }),
});

export interface NamespaceCondition extends Infer<typeof NamespaceCondition> {}

export const NamespaceStatus = struct("io.k8s.api.core.v1.NamespaceStatus", {
  phase: enumOf(["Active", "Terminating"], {
    tag: 1,
    description: "Active, or Terminating while its objects are removed.",
  }),
  conditions: list(NamespaceCondition, {
    tag: 2,
    description: "What keeps a namespace from going.",
    patch: "merge",
    mergeKey: "type",
    listType: "map",
    keys: ["type"],
  }),
});

export interface NamespaceStatus extends Infer<typeof NamespaceStatus> {}

export const Namespace = kubeObject(
  "io.k8s.api.core.v1.Namespace",
  {
    spec: ref(NamespaceSpec, { tag: 2, description: "How it behaves.", default: {} }),
    status: ref(NamespaceStatus, { tag: 3, description: "Where it is in its life." }),
  },
  {
    description: "A room for names: objects in different namespaces do not see each other's.",
    derive: (v) => deriveNamespace(v),
  },
);

export interface Namespace extends Infer<typeof Namespace>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const Namespaces = defineResource<Namespace>({
  group: "",
  version: "v1",
  kind: "Namespace",
  plural: "namespaces",
  scope: "Cluster",
  schema: Namespace,
  shortNames: ["ns"],
  subresources: ["status", "finalize"],
  nameRule: "dnsLabel",
  specFields: [],
  columns: [
    nameColumn,
    {
      name: "Status",
      type: "string",
      description: "Active, or Terminating while its objects are removed.",
      value: ({ status }) => status?.phase ?? "",
    },
    ageColumn,
  ],
  selectableFields: { "status.phase": ({ status }) => status?.phase ?? "" },
  rules: namespaceRules,
});
