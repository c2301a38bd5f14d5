import type { Draft } from "#api/meta/object-meta.ts";
import { rbacGroup, type Subject } from "#api/rbac/v1/binding-parts.ts";
import type { ClusterRoleBinding } from "#api/rbac/v1/cluster-role-binding.ts";
import type { Role } from "#api/rbac/v1/role.ts";
import type { RoleBinding } from "#api/rbac/v1/role-binding.ts";
import { controllerPrefix, controllers } from "./bootstrap-controller-roles.ts";
import { events, marked, type RoleRules, reading, rule } from "./bootstrap-rule.ts";

const system = "kube-system";
const user = (name: string): Subject => ({ kind: "User", apiGroup: rbacGroup, name });
const group = (name: string): Subject => ({ kind: "Group", apiGroup: rbacGroup, name });
const account = (name: string): Subject => ({ kind: "ServiceAccount", name, namespace: system });

const authenticated = group("system:authenticated");
const controllerManager = user("system:kube-controller-manager");
const scheduler = user("system:kube-scheduler");

const inCluster: readonly (readonly [role: string, ...subjects: Subject[]])[] = [
  ["cluster-admin", group("system:masters")],
  ["system:monitoring", group("system:monitoring")],
  ["system:discovery", authenticated],
  ["system:basic-user", authenticated],
  ["system:public-info-viewer", authenticated, group("system:unauthenticated")],
  ["system:service-account-issuer-discovery", group("system:serviceaccounts")],
  ["system:node-proxier", user("system:kube-proxy")],
  ["system:kube-controller-manager", controllerManager],
  ["system:kube-dns", account("kube-dns")],
  ["system:kube-scheduler", scheduler],
  ["system:volume-scheduler", scheduler],
  ["system:node"],
  ...controllers.map((name) => [`${controllerPrefix}${name}`, account(name)] as const),
];

/** The cluster role bindings that every cluster has; each is named after its role. */
export const bootstrapClusterRoleBindings: readonly Draft<ClusterRoleBinding>[] = inCluster.map(
  ([name, ...subjects]) => ({
    metadata: marked({ name }),
    roleRef: { apiGroup: rbacGroup, kind: "ClusterRole", name },
    ...(subjects.length > 0 && { subjects }),
  }),
);

const leaderLocking = (component: string): RoleRules => [
  `system::leader-locking-${component}`,
  rule("watch", "core", "configmaps"),
  rule("get update", "core", "configmaps", component),
];

const authenticationReader = "extension-apiserver-authentication-reader";

const inNamespaces: Readonly<Record<string, readonly RoleRules[]>> = {
  "kube-system": [
    [authenticationReader, rule(reading, "core", "configmaps", "extension-apiserver-authentication")],
    [`${controllerPrefix}bootstrap-signer`, rule(reading, "core", "secrets")],
    [`${controllerPrefix}cloud-provider`, rule(`create ${reading}`, "core", "configmaps")],
    [`${controllerPrefix}token-cleaner`, rule(`${reading} delete`, "core", "secrets"), events],
    leaderLocking("kube-controller-manager"),
    leaderLocking("kube-scheduler"),
  ],
  "kube-public": [
    [
      `${controllerPrefix}bootstrap-signer`,
      rule(reading, "core", "configmaps"),
      rule("update", "core", "configmaps", "cluster-info"),
      events,
    ],
  ],
};

export const bootstrapRoles: readonly Draft<Role>[] = Object.entries(inNamespaces).flatMap(([namespace, roles]) =>
  roles.map(([name, ...rules]) => ({ metadata: marked({ name, namespace }), rules })),
);

function binding(namespace: string, role: string, subjects: Subject[], name = role): Draft<RoleBinding> {
  return {
    metadata: marked({ name, namespace }),
    roleRef: { apiGroup: rbacGroup, kind: "Role", name: role },
    subjects,
  };
}

export const bootstrapRoleBindings: readonly Draft<RoleBinding>[] = [
  binding(system, authenticationReader, [controllerManager, scheduler], `system::${authenticationReader}`),
  binding(system, "system::leader-locking-kube-controller-manager", [
    controllerManager,
    account("kube-controller-manager"),
  ]),
  binding(system, "system::leader-locking-kube-scheduler", [scheduler, account("kube-scheduler")]),
  ...["bootstrap-signer", "cloud-provider", "token-cleaner"].map((name) =>
    binding(system, `${controllerPrefix}${name}`, [account(name)]),
  ),
  binding("kube-public", `${controllerPrefix}bootstrap-signer`, [account("bootstrap-signer")]),
];
