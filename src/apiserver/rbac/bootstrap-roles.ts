import type { Draft } from "#api/meta/object-meta.ts";
import type { ClusterRole } from "#api/rbac/v1/cluster-role.ts";
import type { PolicyRule } from "#api/rbac/v1/policy-rule.ts";
import { controllerRoles } from "./bootstrap-controller-roles.ts";
import { events, marked, paths, type RoleRules, reading, rule, writing } from "./bootstrap-rule.ts";

const rbac = "rbac.authorization.k8s.io";
const readWrite = `${reading} ${writing}`;

const createReviews = [
  rule("create", "authentication.k8s.io", "tokenreviews"),
  rule("create", "authorization.k8s.io", "subjectaccessreviews"),
];

const leader = (name: string) => [
  rule("create", "coordination.k8s.io", "leases"),
  rule("get update", "coordination.k8s.io", "leases", name),
];

const approver = (name: string, signer: string): RoleRules => [
  `system:certificates.k8s.io:${name}`,
  rule("approve", "certificates.k8s.io", "signers", signer),
];

/** What a node needs; granted to nobody, as the Node authorizer allows each node its own share of it only. */
const node: RoleRules = [
  "system:node",
  rule("create", "authentication.k8s.io", "tokenreviews"),
  rule("create", "authorization.k8s.io", "subjectaccessreviews localsubjectaccessreviews"),
  rule(reading, "core", "services"),
  rule(`create ${reading}`, "core", "nodes"),
  rule("update patch", "core", "nodes/status"),
  rule("update patch", "core", "nodes"),
  rule("create update patch", "core", "events"),
  rule(reading, "core", "pods"),
  rule("create delete", "core", "pods"),
  rule("update patch", "core", "pods/status"),
  rule("create", "core", "pods/eviction"),
  rule(reading, "core", "secrets configmaps"),
  rule("get", "core", "persistentvolumeclaims persistentvolumes"),
  rule("get", "core", "endpoints"),
  rule(`create ${reading}`, "certificates.k8s.io", "certificatesigningrequests"),
  rule("get create update patch delete", "coordination.k8s.io", "leases"),
  rule("get", "storage.k8s.io", "volumeattachments"),
  rule("get update patch", "core", "persistentvolumeclaims/status"),
  rule("create", "core", "serviceaccounts/token"),
  rule(reading, "storage.k8s.io", "csidrivers"),
  rule("get create update patch delete", "storage.k8s.io", "csinodes"),
  rule(reading, "node.k8s.io", "runtimeclasses"),
  rule("get", "resource.k8s.io", "resourceclaims"),
  rule("deletecollection", "resource.k8s.io", "resourceslices"),
  rule(`${reading} create update patch delete`, "resource.k8s.io", "resourceslices"),
];

const scheduler: RoleRules = [
  "system:kube-scheduler",
  events,
  ...leader("kube-scheduler"),
  rule(reading, "core", "nodes"),
  rule(`${reading} delete`, "core", "pods"),
  rule("create", "core", "pods/binding bindings"),
  rule("patch update", "core", "pods/status"),
  rule(reading, "core", "services replicationcontrollers"),
  rule(reading, "apps extensions", "replicasets"),
  rule(reading, "apps", "statefulsets"),
  rule(reading, "policy", "poddisruptionbudgets"),
  rule(reading, "core", "persistentvolumeclaims persistentvolumes"),
  ...createReviews,
  rule(reading, "storage.k8s.io", "csinodes"),
  rule(reading, "core", "namespaces"),
  rule(reading, "storage.k8s.io", "csidrivers"),
  rule(reading, "storage.k8s.io", "csistoragecapacities"),
  rule(reading, "storage.k8s.io", "volumeattachments"),
  rule(reading, "resource.k8s.io", "deviceclasses"),
  rule(reading, "resource.k8s.io", "resourceslices"),
  rule(`${reading} update`, "resource.k8s.io", "resourceclaims"),
  rule("update patch", "resource.k8s.io", "resourceclaims/status"),
];

const controllerManager: RoleRules = [
  "system:kube-controller-manager",
  events,
  ...leader("kube-controller-manager"),
  rule("create", "core", "secrets serviceaccounts"),
  rule("delete", "core", "secrets"),
  rule("get", "core", "namespaces secrets serviceaccounts configmaps"),
  rule("update", "core", "secrets serviceaccounts"),
  ...createReviews,
  rule("list watch", "*", "*"),
  rule("create", "core", "serviceaccounts/token"),
];

const general: readonly RoleRules[] = [
  ["cluster-admin", rule("*", "*", "*"), paths("*", "*")],
  ["system:monitoring", paths("get", "/metrics /metrics/slis /livez /readyz /healthz /livez/* /readyz/* /healthz/*")],
  [
    "system:discovery",
    paths("get", "/livez /readyz /healthz /version /version/ /openapi /openapi/* /api /api/* /apis /apis/*"),
  ],
  [
    "system:basic-user",
    rule("create", "authorization.k8s.io", "selfsubjectaccessreviews selfsubjectrulesreviews"),
    rule("create", "authentication.k8s.io", "selfsubjectreviews"),
  ],
  ["system:public-info-viewer", paths("get", "/livez /readyz /healthz /version /version/")],
  [
    "system:service-account-issuer-discovery",
    paths(
      "get",
      "/.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks /openid/v1/jwks/",
    ),
  ],
  [
    "system:heapster",
    rule(reading, "core", "events pods nodes namespaces"),
    rule(reading, "extensions", "deployments"),
  ],
  node,
  ["system:node-problem-detector", rule("get", "core", "nodes"), rule("patch", "core", "nodes/status"), events],
  [
    "system:kubelet-api-admin",
    rule(reading, "core", "nodes"),
    rule("proxy", "core", "nodes"),
    rule(
      "*",
      "core",
      "nodes/proxy nodes/metrics nodes/stats nodes/log nodes/spec nodes/configz nodes/healthz nodes/pods",
    ),
  ],
  ["system:node-bootstrapper", rule(`create ${reading}`, "certificates.k8s.io", "certificatesigningrequests")],
  ["system:auth-delegator", ...createReviews],
  ["system:kube-aggregator", rule(reading, "core", "services endpoints")],
  controllerManager,
  scheduler,
  ["system:kube-dns", rule("list watch", "core", "endpoints services")],
  [
    "system:persistent-volume-provisioner",
    rule(`${reading} create delete`, "core", "persistentvolumes"),
    rule(`${reading} update`, "core", "persistentvolumeclaims"),
    rule(reading, "storage.k8s.io", "storageclasses"),
    rule("watch", "core", "events"),
    events,
  ],
  [
    "system:volume-scheduler",
    rule(`${reading} update patch`, "core", "persistentvolumes"),
    rule(reading, "storage.k8s.io", "storageclasses"),
    rule(`${reading} update patch`, "core", "persistentvolumeclaims"),
  ],
  [
    "system:node-proxier",
    rule("list watch", "core", "services endpoints"),
    rule(reading, "core", "nodes"),
    events,
    rule("list watch", "discovery.k8s.io", "endpointslices"),
    rule("list watch", "networking.k8s.io", "servicecidrs"),
  ],
  ...["nodeclient", "selfnodeclient"].map(
    (name): RoleRules => [
      `system:certificates.k8s.io:certificatesigningrequests:${name}`,
      rule("create", "certificates.k8s.io", `certificatesigningrequests/${name}`),
    ],
  ),
  approver("legacy-unknown-approver", "kubernetes.io/legacy-unknown"),
  approver("kubelet-serving-approver", "kubernetes.io/kubelet-serving"),
  approver("kube-apiserver-client-approver", "kubernetes.io/kube-apiserver-client"),
  approver("kube-apiserver-client-kubelet-approver", "kubernetes.io/kube-apiserver-client-kubelet"),
];

/** Roles of namespaces: `admin` has the rules of all that are labelled for it, so has `edit`, and `view`. */
const aggregated = ["admin", "edit", "view"] as const;
type Level = (typeof aggregated)[number];

const aggregationLabel = (level: Level) => ({ [`rbac.authorization.k8s.io/aggregate-to-${level}`]: "true" });
const containers = "pods/attach pods/proxy pods/exec pods/portforward";
const scalable = "deployments deployments/scale replicasets replicasets/scale";

const shares: Readonly<Record<Level, readonly PolicyRule[]>> = {
  admin: [
    rule("create", "authorization.k8s.io", "localsubjectaccessreviews"),
    rule(readWrite, rbac, "roles rolebindings"),
  ],
  edit: [
    rule(reading, "core", `${containers} secrets services/proxy`),
    rule("impersonate", "core", "serviceaccounts"),
    rule(writing, "core", `pods ${containers}`),
    rule("create", "core", "pods/eviction"),
    rule(
      writing,
      "core",
      "replicationcontrollers replicationcontrollers/scale serviceaccounts services services/proxy persistentvolumeclaims configmaps secrets events",
    ),
    rule("create", "core", "serviceaccounts/token"),
    rule(writing, "apps", `${scalable} statefulsets statefulsets/scale daemonsets deployments/rollback`),
    rule(writing, "autoscaling", "horizontalpodautoscalers"),
    rule(writing, "batch", "jobs cronjobs"),
    rule(
      writing,
      "extensions",
      `${scalable} daemonsets deployments/rollback ingresses replicationcontrollers/scale networkpolicies`,
    ),
    rule(writing, "policy", "poddisruptionbudgets"),
    rule(writing, "networking.k8s.io", "networkpolicies ingresses"),
    rule(readWrite, "coordination.k8s.io", "leases"),
    rule(writing, "resource.k8s.io", "resourceclaims resourceclaimtemplates"),
  ],
  view: [
    rule(
      reading,
      "core",
      "pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status endpoints persistentvolumeclaims persistentvolumeclaims/status configmaps",
    ),
    rule(
      reading,
      "core",
      "limitranges resourcequotas bindings events pods/status resourcequotas/status namespaces/status replicationcontrollers/status pods/log",
    ),
    rule(reading, "core", "namespaces"),
    rule(reading, "discovery.k8s.io", "endpointslices"),
    rule(
      reading,
      "apps",
      `${scalable} controllerrevisions statefulsets statefulsets/status statefulsets/scale daemonsets daemonsets/status deployments/status replicasets/status`,
    ),
    rule(reading, "autoscaling", "horizontalpodautoscalers horizontalpodautoscalers/status"),
    rule(reading, "batch", "jobs cronjobs cronjobs/status jobs/status"),
    rule(
      reading,
      "extensions",
      `${scalable} daemonsets daemonsets/status deployments/status ingresses ingresses/status replicasets/status replicationcontrollers/scale networkpolicies`,
    ),
    rule(reading, "policy", "poddisruptionbudgets poddisruptionbudgets/status"),
    rule(reading, "networking.k8s.io", "networkpolicies ingresses ingresses/status"),
    rule(reading, "resource.k8s.io", "resourceclaims resourceclaims/status resourceclaimtemplates"),
  ],
};

/** `edit` is part of `admin`, and `view` of `edit`. */
const partOf: Readonly<Partial<Record<Level, Level>>> = { edit: "admin", view: "edit" };

const aggregatedRoles = aggregated.flatMap((level): Draft<ClusterRole>[] => {
  const wider = partOf[level];
  return [
    {
      metadata: { name: level, ...(wider && { labels: aggregationLabel(wider) }) },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: aggregationLabel(level) }] },
    },
    {
      metadata: { name: `system:aggregate-to-${level}`, labels: aggregationLabel(level) },
      rules: [...shares[level]],
    },
  ];
});

/** Who may see pods may see what they use. */
const usageReader: Draft<ClusterRole> = {
  metadata: {
    name: "system:aggregated-metrics-reader",
    labels: { ...aggregationLabel("admin"), ...aggregationLabel("edit"), ...aggregationLabel("view") },
  },
  rules: [rule(reading, "metrics.k8s.io", "pods nodes")],
};

/** The cluster roles that every cluster has. */
export const bootstrapClusterRoles: readonly Draft<ClusterRole>[] = [
  ...[...general, ...controllerRoles].map(([name, ...rules]): Draft<ClusterRole> => ({ metadata: { name }, rules })),
  ...aggregatedRoles,
  usageReader,
].map((role) => ({ ...role, metadata: marked(role.metadata ?? {}) }));
