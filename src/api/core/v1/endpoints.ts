import { ageColumn, firstThree, nameColumn } from "#api/meta/columns.ts";
import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { enumOf, type Infer, int, list, ref, string, struct } from "#schema/nodes.ts";
import { checkAddress, checkSubset } from "./endpoints.rules.ts";
import { ObjectReference } from "./object-reference.ts";

export const EndpointAddress = struct(
  "io.k8s.api.core.v1.EndpointAddress",
  {
    ip: string({ tag: 1, required: true }),
    hostname: string({ tag: 3 }),
    nodeName: string({ tag: 4 }),
    targetRef: ref(ObjectReference, { tag: 2 }),
  },
  { atomic: true, check: (v, path) => checkAddress(v, path) },
);

export interface EndpointAddress extends Infer<typeof EndpointAddress> {}

export const EndpointPort = struct(
  "io.k8s.api.core.v1.EndpointPort",
  {
    name: string({ tag: 1 }),
    port: int({ tag: 2, required: true, keepEmpty: true }),
    protocol: enumOf(["TCP", "UDP", "SCTP"], { tag: 3 }),
    appProtocol: string({ tag: 4 }),
  },
  {
    atomic: true,
    derive: (port) => {
      port.protocol ??= "TCP";
    },
  },
);

export interface EndpointPort extends Infer<typeof EndpointPort> {}

export const EndpointSubset = struct(
  "io.k8s.api.core.v1.EndpointSubset",
  {
    addresses: list(EndpointAddress, { tag: 1, description: "Addresses that are ready." }),
    notReadyAddresses: list(EndpointAddress, { tag: 2, description: "Addresses that are not." }),
    ports: list(EndpointPort, { tag: 3, description: "Ports of all of them." }),
  },
  { check: (v, path) => checkSubset(v, path) },
);

export interface EndpointSubset extends Infer<typeof EndpointSubset> {}

export const Endpoints = kubeObject(
  "io.k8s.api.core.v1.Endpoints",
  {
    subsets: list(EndpointSubset, { tag: 2, description: "Addresses that share their ports." }),
  },
  { description: "The addresses behind a service, in the old form; see EndpointSlice." },
);

export interface Endpoints extends Infer<typeof Endpoints>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const EndpointsResource = defineResource<Endpoints>({
  group: "",
  version: "v1",
  kind: "Endpoints",
  plural: "endpoints",
  scope: "Namespaced",
  schema: Endpoints,
  shortNames: ["ep"],
  deprecated: { since: "v1.33", use: "discovery.k8s.io/v1 EndpointSlice" },
  columns: [
    nameColumn,
    { name: "Endpoints", type: "string", description: "Addresses behind the service.", value: addressesCell },
    ageColumn,
  ],
});

/** Each address with each port of its subset; an address alone when there are no ports. */
function addressesCell({ subsets = [] }: Endpoints): string {
  if (subsets.length === 0) return "<none>";
  const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0
      ? addresses.map(({ ip }) => ip)
      : ports.flatMap(({ port }) =>
          addresses.map(({ ip }) => (ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`)),
        ),
  );
  return firstThree(all);
}
