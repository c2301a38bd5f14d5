import { ageColumn, labelsCell, nameColumn } from "#api/meta/columns.ts";
import type { Column } from "#api/resource.ts";
import type { Service } from "./service.ts";

export const serviceColumns: readonly Column<Service>[] = [
  nameColumn,
  {
    name: "Type",
    type: "string",
    description: "How the service is exposed.",
    value: (service) => service.spec.type ?? "",
  },
  {
    name: "Cluster-IP",
    type: "string",
    description: "Virtual address inside the cluster.",
    value: ({ spec }) => spec.clusterIPs?.[0] || spec.clusterIP || "<none>",
  },
  {
    name: "External-IP",
    type: "string",
    description: "Addresses at which the service can be reached from outside.",
    value: externalAddresses,
  },
  {
    name: "Port(s)",
    type: "string",
    description: "Ports of the service, each with its node port.",
    value: ({ spec }) => (spec.ports ?? []).map(portCell).join(",") || "<none>",
  },
  ageColumn,
  {
    name: "Selector",
    type: "string",
    priority: 1,
    description: "Labels of the pods behind the service.",
    value: (service) => labelsCell(service.spec.selector),
  },
];

function portCell(port: NonNullable<Service["spec"]["ports"]>[number]): string {
  const number = port.nodePort ? `${port.port}:${port.nodePort}` : `${port.port}`;
  return `${number}/${port.protocol}`;
}

function externalAddresses({ spec, status }: Service): string {
  const fixed = spec.externalIPs ?? [];
  switch (spec.type) {
    case "ClusterIP":
    case "NodePort":
      return fixed.join(",") || "<none>";
    case "LoadBalancer": {
      const ingress = (status?.loadBalancer?.ingress ?? []).map((i) => i.ip || i.hostname || "").filter(Boolean);
      return [...new Set(ingress.toSorted()), ...fixed].join(",") || "<pending>";
    }
    case "ExternalName":
      return spec.externalName ?? "";
    default:
      return "<unknown>";
  }
}
