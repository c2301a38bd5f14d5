import { ageColumn, firstThree, nameColumn } from "#api/meta/columns.ts";
import type { Column } from "#api/resource.ts";
import type { Ingress } from "./ingress.ts";

export const ingressColumns: readonly Column<Ingress>[] = [
  nameColumn,
  {
    name: "Class",
    type: "string",
    description: "The class whose controller serves it.",
    value: ({ spec }) => spec.ingressClassName ?? "<none>",
  },
  {
    name: "Hosts",
    type: "string",
    description: "Hosts that the rules are for.",
    value: ({ spec }) => firstThree((spec.rules ?? []).flatMap(({ host }) => (host ? [host] : []))) || "*",
  },
  {
    name: "Address",
    type: "string",
    description: "Where it can be reached.",
    value: ({ status }) =>
      (status?.loadBalancer?.ingress ?? [])
        .map(({ ip, hostname }) => ip || hostname || "")
        .filter(Boolean)
        .join(","),
  },
  {
    name: "Ports",
    type: "string",
    description: "Ports at which requests are taken.",
    value: ({ spec }) => ((spec.tls ?? []).length > 0 ? "80, 443" : "80"),
  },
  ageColumn,
];
