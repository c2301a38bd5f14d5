import { ageColumn, firstThree, nameColumn } from "#api/meta/columns.ts";
import { Condition } from "#api/meta/condition.ts";
import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { bool, type Infer, int, list, ref, string, struct } from "#schema/nodes.ts";
import { checkDnsSpec } from "./dns.rules.ts";

export const DnsPath = struct(
  "io.minik8s.v1.DnsPath",
  {
    path: string({
      tag: 1,
      required: true,
      keepEmpty: true,
      description: "Sub-path of the host, as /shop; whole elements are compared.",
    }),
    serviceName: string({ tag: 2, required: true, keepEmpty: true, description: "A service in the same namespace." }),
    servicePort: int({ tag: 3, required: true, keepEmpty: true, description: "A port of the service." }),
    keepPath: bool({
      tag: 4,
      description: "The service sees the whole path. Without it, the sub-path leads to the service's root.",
    }),
  },
  { description: "A sub-path and the service it leads to." },
);

export interface DnsPath extends Infer<typeof DnsPath> {}

export const DnsSpec = struct(
  "io.minik8s.v1.DnsSpec",
  {
    host: string({
      tag: 1,
      required: true,
      keepEmpty: true,
      description: "Name that pods, and nodes that want it, can resolve.",
    }),
    paths: list(DnsPath, {
      tag: 2,
      required: true,
      keepEmpty: true,
      description: "Its sub-paths; the longest that fits counts.",
    }),
  },
  { description: "A host name and what its sub-paths lead to.", check: (v, path) => checkDnsSpec(v, path) },
);

export interface DnsSpec extends Infer<typeof DnsSpec> {}

export const DnsStatus = struct("io.minik8s.v1.DnsStatus", {
  address: string({ tag: 1, description: "What the name resolves to." }),
  hosts: list(string(), { tag: 2, description: "The names that resolve to it." }),
  conditions: list(Condition, { tag: 3, patch: "merge", mergeKey: "type", listType: "map", keys: ["type"] }),
});

export interface DnsStatus extends Infer<typeof DnsStatus> {}

export const Dns = kubeObject(
  "io.minik8s.v1.Dns",
  {
    spec: ref(DnsSpec, { tag: 2, description: "What is wanted.", default: {} }),
    status: ref(DnsStatus, { tag: 3, description: "What there is." }),
  },
  { description: "A host name of the cluster whose sub-paths lead to services." },
);

export interface Dns extends Infer<typeof Dns>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const Dnses = defineResource<Dns>({
  group: "minik8s.io",
  version: "v1",
  kind: "Dns",
  plural: "dns",
  scope: "Namespaced",
  schema: Dns,
  subresources: ["status"],
  columns: [
    nameColumn,
    { name: "Host", type: "string", description: "The name.", value: ({ spec }) => spec.host },
    {
      name: "Paths",
      type: "string",
      description: "Its sub-paths and where they lead.",
      value: ({ spec }) =>
        firstThree((spec.paths ?? []).map((each) => `${each.path}→${each.serviceName}:${each.servicePort}`)),
    },
    {
      name: "Address",
      type: "string",
      description: "What the name resolves to.",
      value: ({ status }) => status?.address ?? "",
    },
    {
      name: "Ready",
      type: "string",
      description: "Whether every sub-path leads to a service.",
      value: ({ status }) => status?.conditions?.find(({ type }) => type === "Ready")?.status ?? "Unknown",
    },
    ageColumn,
  ],
});
