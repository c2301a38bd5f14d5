import { ageColumn, nameColumn } from "#api/meta/columns.ts";
import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { bool, bytes, type Infer, map, string } from "#schema/nodes.ts";
import { deriveSecret } from "./secret.defaults.ts";
import { secretRules } from "./secret.rules.ts";

export const Secret = kubeObject(
  "io.k8s.api.core.v1.Secret",
  {
    immutable: bool({ tag: 5, description: "When true, the data cannot change any more; nor can this field." }),
    data: map(bytes(), { tag: 2, description: "Bytes by key, in base64." }),
    stringData: map(string(), { tag: 4, description: "Plain text by key, for writing only; it is moved into data." }),
    type: string({ tag: 3, description: "What it is for; some types ask for certain keys." }),
  },
  { description: "Passwords, keys and the like for pods to read.", derive: (v) => deriveSecret(v) },
);

export interface Secret extends Infer<typeof Secret>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const Secrets = defineResource<Secret>({
  group: "",
  version: "v1",
  kind: "Secret",
  plural: "secrets",
  scope: "Namespaced",
  schema: Secret,
  columns: [
    nameColumn,
    { name: "Type", type: "string", description: "What the secret is for.", value: ({ type }) => type ?? "" },
    {
      name: "Data",
      type: "string",
      description: "Number of entries.",
      value: ({ data }) => Object.keys(data ?? {}).length,
    },
    ageColumn,
  ],
  selectableFields: { type: ({ type }) => type ?? "" },
  rules: secretRules,
});
