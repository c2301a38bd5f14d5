/** What the package offers as `minik8s/api`: the kinds, their types, and errors. */

export type { Deployment } from "./apps/v1/deployment.ts";
export type { ReplicaSet } from "./apps/v1/replica-set.ts";
export * from "./catalog.ts";
export type { Lease } from "./coordination/v1/lease.ts";
export type { ConfigMap } from "./core/v1/config-map.ts";
export type { Endpoints } from "./core/v1/endpoints.ts";
export type { Event } from "./core/v1/event.ts";
export type { Namespace } from "./core/v1/namespace.ts";
export type { Node } from "./core/v1/node.ts";
export type { Pod } from "./core/v1/pod.ts";
export type { Secret } from "./core/v1/secret.ts";
export type { Service } from "./core/v1/service.ts";
export type { ServiceAccount } from "./core/v1/service-account.ts";
export type { EndpointSlice } from "./discovery/v1/endpoint-slice.ts";
export {
  ApiError,
  isAlreadyExists,
  isConflict,
  isExpired,
  isForbidden,
  isInvalid,
  isNotFound,
} from "./meta/api-error.ts";
export type { Draft, KubeObject } from "./meta/object-meta.ts";
export type { ObjectList, Watch, WatchEvent } from "./meta/watch.ts";
export type { ObjectOf, Resource } from "./resource.ts";
