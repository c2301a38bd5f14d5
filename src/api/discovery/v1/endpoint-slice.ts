import { ObjectReference } from "#api/core/v1/object-reference.ts";
import { ageColumn, firstThree, nameColumn } from "#api/meta/columns.ts";
import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { defineResource } from "#api/resource.ts";
import { bool, enumOf, type Infer, int, list, map, ref, string, struct } from "#schema/nodes.ts";
import { endpointSliceRules } from "./endpoint-slice.rules.ts";

export const EndpointConditions = struct("io.k8s.api.discovery.v1.EndpointConditions", {
  ready: bool({ tag: 1, description: "Takes new connections." }),
  serving: bool({ tag: 2, description: "Answers, even while it is terminating." }),
  terminating: bool({ tag: 3, description: "About to go." }),
});

export interface EndpointConditions extends Infer<typeof EndpointConditions> {}

export const ForZone = struct("io.k8s.api.discovery.v1.ForZone", {
  name: string({ tag: 1, required: true }),
});

export interface ForZone extends Infer<typeof ForZone> {}

export const ForNode = struct("io.k8s.api.discovery.v1.ForNode", {
  name: string({ tag: 1, required: true }),
});

export interface ForNode extends Infer<typeof ForNode> {}

export const EndpointHints = struct("io.k8s.api.discovery.v1.EndpointHints", {
  forZones: list(ForZone, { tag: 1 }),
  forNodes: list(ForNode, { tag: 2 }),
});

export interface EndpointHints extends Infer<typeof EndpointHints> {}

export const Endpoint = struct(
  "io.k8s.api.discovery.v1.Endpoint",
  {
    addresses: list(string(), {
      tag: 1,
      description: "Its addresses; clients use the first.",
      required: true,
      keepEmpty: true,
      listType: "set",
    }),
    conditions: ref(EndpointConditions, { tag: 2, description: "Whether it is ready." }),
    hostname: string({ tag: 3, description: "Its name inside the service." }),
    targetRef: ref(ObjectReference, { tag: 4, description: "The pod." }),
    deprecatedTopology: map(string(), { tag: 5 }),
    nodeName: string({ tag: 6, description: "The node it is on." }),
    zone: string({ tag: 7, description: "The zone it is in." }),
    hints: ref(EndpointHints, { tag: 8, description: "Who should use it." }),
  },
  { description: "One pod or other server behind a service." },
);

export interface Endpoint extends Infer<typeof Endpoint> {}

export const EndpointPort = struct(
  "io.k8s.api.discovery.v1.EndpointPort",
  {
    name: string({ tag: 1, keepEmpty: true }),
    protocol: enumOf(["TCP", "UDP", "SCTP"], { tag: 2 }),
    port: int({ tag: 3 }),
    appProtocol: string({ tag: 4 }),
  },
  {
    atomic: true,
    derive: (port) => {
      port.name ??= "";
      port.protocol ??= "TCP";
    },
  },
);

export interface EndpointPort extends Infer<typeof EndpointPort> {}

export const EndpointSlice = kubeObject(
  "io.k8s.api.discovery.v1.EndpointSlice",
  {
    addressType: string({ tag: 4, description: "IPv4, IPv6 or FQDN. Cannot change later.", required: true }),
    endpoints: list(Endpoint, { tag: 2, description: "At most 1000 of them." }),
    ports: list(EndpointPort, { tag: 3, description: "Ports of all endpoints of the slice." }),
  },
  { description: "Some of the addresses behind a service." },
);

export interface EndpointSlice extends Infer<typeof EndpointSlice>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}

export const EndpointSlices = defineResource<EndpointSlice>({
  group: "discovery.k8s.io",
  version: "v1",
  kind: "EndpointSlice",
  plural: "endpointslices",
  scope: "Namespaced",
  schema: EndpointSlice,
  specFields: ["addressType", "endpoints", "ports"],
  columns: [
    nameColumn,
    { name: "AddressType", type: "string", description: "Kind of the addresses.", value: (s) => s.addressType },
    {
      name: "Ports",
      type: "string",
      description: "Ports of all endpoints of the slice.",
      value: ({ ports = [] }) => firstThree(ports.map((p) => `${p.port ?? p.name ?? "*"}`)) || "<unset>",
    },
    {
      name: "Endpoints",
      type: "string",
      description: "Addresses of the endpoints.",
      value: ({ endpoints }) => firstThree((endpoints ?? []).flatMap((e) => e.addresses ?? [])) || "<unset>",
    },
    ageColumn,
  ],
  rules: endpointSliceRules,
});
