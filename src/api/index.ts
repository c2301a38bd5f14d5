/** What the package offers as `minik8s/api`: the kinds, their types, and errors. */
export type { ControllerRevision } from "./apps/v1/controller-revision.ts";
export type { DaemonSet } from "./apps/v1/daemon-set.ts";
export type { Deployment } from "./apps/v1/deployment.ts";
export type { ReplicaSet } from "./apps/v1/replica-set.ts";
export type { StatefulSet } from "./apps/v1/stateful-set.ts";
export type { HorizontalPodAutoscaler } from "./autoscaling/v2/horizontal-pod-autoscaler.ts";
export type { CronJob } from "./batch/v1/cron-job.ts";
export type { Job } from "./batch/v1/job.ts";
export * from "./catalog.ts";
export type { Lease } from "./coordination/v1/lease.ts";
export type { ConfigMap } from "./core/v1/config-map.ts";
export type { Endpoints } from "./core/v1/endpoints.ts";
export type { Event } from "./core/v1/event.ts";
export type { Namespace } from "./core/v1/namespace.ts";
export type { Node } from "./core/v1/node.ts";
export type { PersistentVolumeClaim } from "./core/v1/persistent-volume-claim.ts";
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
export type { Dns } from "./minik8s/v1/dns.ts";
export type { Ingress } from "./networking/v1/ingress.ts";
export type { IngressClass } from "./networking/v1/ingress-class.ts";
export type { PodDisruptionBudget } from "./policy/v1/pod-disruption-budget.ts";
export type { ClusterRole } from "./rbac/v1/cluster-role.ts";
export type { ClusterRoleBinding } from "./rbac/v1/cluster-role-binding.ts";
export type { Role } from "./rbac/v1/role.ts";
export type { RoleBinding } from "./rbac/v1/role-binding.ts";
export type { ObjectOf, Resource } from "./resource.ts";
export type { PriorityClass } from "./scheduling/v1/priority-class.ts";
