import { Deployments } from "./apps/v1/deployment.ts";
import { ReplicaSets } from "./apps/v1/replica-set.ts";
import { Leases } from "./coordination/v1/lease.ts";
import { ConfigMaps } from "./core/v1/config-map.ts";
import { EndpointsResource } from "./core/v1/endpoints.ts";
import { Events } from "./core/v1/event.ts";
import { Namespaces } from "./core/v1/namespace.ts";
import { Nodes } from "./core/v1/node.ts";
import { Pods } from "./core/v1/pod.ts";
import { Secrets } from "./core/v1/secret.ts";
import { Services } from "./core/v1/service.ts";
import { ServiceAccounts } from "./core/v1/service-account.ts";
import { EndpointSlices } from "./discovery/v1/endpoint-slice.ts";
import type { Resource } from "./resource.ts";

/** All kinds that the server knows from the start, in the order that discovery lists them. */
export const builtinResources: readonly Resource[] = [
  ConfigMaps,
  EndpointsResource,
  Events,
  Namespaces,
  Nodes,
  Pods,
  Secrets,
  ServiceAccounts,
  Services,
  Deployments,
  ReplicaSets,
  Leases,
  EndpointSlices,
];

export {
  ConfigMaps,
  Deployments,
  EndpointSlices,
  EndpointsResource,
  Events,
  Leases,
  Namespaces,
  Nodes,
  Pods,
  ReplicaSets,
  Secrets,
  ServiceAccounts,
  Services,
};
