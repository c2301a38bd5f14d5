import { ControllerRevisions } from "./apps/v1/controller-revision.ts";
import { DaemonSets } from "./apps/v1/daemon-set.ts";
import { Deployments } from "./apps/v1/deployment.ts";
import { ReplicaSets } from "./apps/v1/replica-set.ts";
import { StatefulSets } from "./apps/v1/stateful-set.ts";
import { HorizontalPodAutoscalersV1 } from "./autoscaling/v1/horizontal-pod-autoscaler.ts";
import { HorizontalPodAutoscalers } from "./autoscaling/v2/horizontal-pod-autoscaler.ts";
import { CronJobs } from "./batch/v1/cron-job.ts";
import { Jobs } from "./batch/v1/job.ts";
import { Leases } from "./coordination/v1/lease.ts";
import { ConfigMaps } from "./core/v1/config-map.ts";
import { EndpointsResource } from "./core/v1/endpoints.ts";
import { Events } from "./core/v1/event.ts";
import { Namespaces } from "./core/v1/namespace.ts";
import { Nodes } from "./core/v1/node.ts";
import { PersistentVolumeClaims } from "./core/v1/persistent-volume-claim.ts";
import { Pods } from "./core/v1/pod.ts";
import { Secrets } from "./core/v1/secret.ts";
import { Services } from "./core/v1/service.ts";
import { ServiceAccounts } from "./core/v1/service-account.ts";
import { EndpointSlices } from "./discovery/v1/endpoint-slice.ts";
import { Dnses } from "./minik8s/v1/dns.ts";
import { Ingresses } from "./networking/v1/ingress.ts";
import { IngressClasses } from "./networking/v1/ingress-class.ts";
import { PodDisruptionBudgets } from "./policy/v1/pod-disruption-budget.ts";
import { ClusterRoles } from "./rbac/v1/cluster-role.ts";
import { ClusterRoleBindings } from "./rbac/v1/cluster-role-binding.ts";
import { Roles } from "./rbac/v1/role.ts";
import { RoleBindings } from "./rbac/v1/role-binding.ts";
import type { Resource } from "./resource.ts";
import { PriorityClasses } from "./scheduling/v1/priority-class.ts";

/** All kinds that the server knows from the start, in the order that discovery lists them. */
export const builtinResources: readonly Resource[] = [
  ConfigMaps,
  EndpointsResource,
  Events,
  Namespaces,
  Nodes,
  PersistentVolumeClaims,
  Pods,
  Secrets,
  ServiceAccounts,
  Services,
  ControllerRevisions,
  DaemonSets,
  Deployments,
  ReplicaSets,
  StatefulSets,
  HorizontalPodAutoscalers,
  CronJobs,
  Jobs,
  IngressClasses,
  Ingresses,
  PodDisruptionBudgets,
  PriorityClasses,
  Leases,
  EndpointSlices,
  ClusterRoleBindings,
  ClusterRoles,
  RoleBindings,
  Roles,
  Dnses,
];

/** Versions that are served beside those that are stored. */
export const otherVersions: readonly Resource[] = [HorizontalPodAutoscalersV1];

export {
  ClusterRoleBindings,
  ClusterRoles,
  ConfigMaps,
  ControllerRevisions,
  CronJobs,
  DaemonSets,
  Deployments,
  Dnses,
  EndpointSlices,
  EndpointsResource,
  Events,
  HorizontalPodAutoscalers,
  IngressClasses,
  Ingresses,
  Jobs,
  Leases,
  Namespaces,
  Nodes,
  PersistentVolumeClaims,
  PodDisruptionBudgets,
  Pods,
  PriorityClasses,
  ReplicaSets,
  RoleBindings,
  Roles,
  Secrets,
  ServiceAccounts,
  Services,
  StatefulSets,
};
