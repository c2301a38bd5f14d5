import { ageColumn, nameColumn } from "#api/meta/columns.ts";
import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { type Infer, ref, string, struct } from "#schema/nodes.ts";
import { checkIngressClassSpec, ingressClassRules } from "./ingress-class.rules.ts";

export const IngressClassParametersReference = struct(
  "io.k8s.api.networking.v1.IngressClassParametersReference",
  {
    apiGroup: string({ tag: 1, description: "Group of the object; empty for the core group." }),
    kind: string({ tag: 2, required: true, keepEmpty: true, description: "Kind of the object." }),
    name: string({ tag: 3, required: true, keepEmpty: true, description: "Name of the object." }),
    scope: string({ tag: 4, description: "Cluster or Namespace." }),
    namespace: string({ tag: 5, description: "Namespace of the object, when the scope is Namespace." }),
  },
  {
    description: "An object with settings of the controller.",
    derive: (v) => {
      v.scope ??= "Cluster";
    },
  },
);

export interface IngressClassParametersReference extends Infer<typeof IngressClassParametersReference> {}

export const IngressClassSpec = struct(
  "io.k8s.api.networking.v1.IngressClassSpec",
  {
    controller: string({ tag: 1, description: "Who serves the class, as acme.io/ingress. Cannot change later." }),
    parameters: ref(IngressClassParametersReference, { tag: 2, description: "Settings of the controller." }),
  },
  { description: "A class of ingresses.", check: (v, path) => checkIngressClassSpec(v, path) },
);

export interface IngressClassSpec extends Infer<typeof IngressClassSpec> {}

export const IngressClass = kubeObject(
  "io.k8s.api.networking.v1.IngressClass",
  { spec: ref(IngressClassSpec, { tag: 2, description: "Who serves the class.", default: {} }) },
  { description: "Says which controller serves the ingresses that name it." },
);

export interface IngressClass extends Infer<typeof IngressClass>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const IngressClasses = defineResource<IngressClass>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IngressClass",
  plural: "ingressclasses",
  scope: "Cluster",
  schema: IngressClass,
  columns: [
    nameColumn,
    {
      name: "Controller",
      type: "string",
      description: "Who serves the class.",
      value: ({ spec }) => spec.controller ?? "",
    },
    {
      name: "Parameters",
      type: "string",
      description: "An object with settings of the controller.",
      value: ({ spec: { parameters } }) =>
        parameters
          ? `${parameters.kind}${parameters.apiGroup ? `.${parameters.apiGroup}` : ""}/${parameters.name}`
          : "<none>",
    },
    ageColumn,
  ],
  rules: ingressClassRules,
});
