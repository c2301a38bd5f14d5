import { ageColumn, nameColumn } from "#api/meta/columns.ts";
import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { bool, bytes, type Infer, map, string } from "#schema/nodes.ts";
import { configMapRules } from "./config-map.rules.ts";

export const ConfigMap = kubeObject(
  "io.k8s.api.core.v1.ConfigMap",
  {
    immutable: bool({ tag: 4, description: "When true, the data cannot change any more; nor can this field." }),
    data: map(string(), { tag: 2, description: "Texts by key. Keys are of letters, digits, -, _ and dots." }),
    binaryData: map(bytes(), { tag: 3, description: "Bytes by key, in base64." }),
  },
  { description: "Settings for pods to read." },
);

export interface ConfigMap extends Infer<typeof ConfigMap>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const ConfigMaps = defineResource<ConfigMap>({
  group: "",
  version: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
  scope: "Namespaced",
  schema: ConfigMap,
  shortNames: ["cm"],
  columns: [
    nameColumn,
    {
      name: "Data",
      type: "string",
      description: "Number of entries.",
      value: ({ data, binaryData }) => Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length,
    },
    ageColumn,
  ],
  rules: configMapRules,
});
