import assert from "node:assert/strict";
import { test } from "node:test";
import type { Draft, KubeObject } from "#api/meta/object-meta.ts";
import type { Resource } from "#api/resource.ts";
import { make, received, turn } from "#api/test-objects.ts";
import { ClusterRoles } from "./cluster-role.ts";
import { ClusterRoleBindings } from "./cluster-role-binding.ts";
import { Roles } from "./role.ts";
import { RoleBindings } from "./role-binding.ts";

const role = make(Roles);
const clusterRole = make(ClusterRoles);
const binding = make(RoleBindings);
const clusterBinding = make(ClusterRoleBindings);
const pods = { verbs: ["get"], apiGroups: [""], resources: ["pods"] };
const roleRef = { kind: "ClusterRole", name: "view" };
const jane = { kind: "User", name: "jane" };

const cases: [what: string, check: () => string[], ...causes: string[]][] = [
  ["a role", role({ rules: [pods] })],
  ["a role of nothing", role({})],
  ["a name with colons", clusterRole({ metadata: { name: "system:a:b" }, rules: [pods] })],
  ["paths in a cluster role", clusterRole({ rules: [{ verbs: ["get"], nonResourceURLs: ["/x/*"] }] })],
  [
    "all kinds of subjects",
    binding({ roleRef, subjects: [jane, { kind: "Group", name: "g" }, { kind: "ServiceAccount", name: "a" }] }),
  ],
  [
    "a rule of nothing",
    role({ rules: [{}] }),
    "Required rules[0].verbs: Required value: verbs must contain at least one value",
    "Required rules[0].apiGroups: Required value: resource rules must supply at least one api group",
    "Required rules[0].resources: Required value: resource rules must supply at least one resource",
  ],
  [
    "paths in a role",
    role({ rules: [{ verbs: ["get"], nonResourceURLs: ["/x"] }] }),
    'Invalid rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs',
  ],
  [
    "paths and resources in one rule",
    clusterRole({ rules: [{ ...pods, nonResourceURLs: ["/x"] }] }),
    'Invalid rules[0].nonResourceURLs: Invalid value: ["/x"]: rules cannot apply to both regular resources and non-resource URLs',
  ],
  [
    "an aggregation of nothing",
    clusterRole({ aggregationRule: {} }),
    "Required aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil",
  ],
  [
    "a role of no kind",
    binding({ subjects: [jane] }),
    'NotSupported roleRef.kind: Unsupported value: "": supported values: "ClusterRole", "Role"',
    "Required roleRef.name: Required value",
  ],
  [
    "a role of a namespace for the whole cluster",
    clusterBinding({ roleRef: { kind: "Role", name: "a" }, subjects: [{ kind: "ServiceAccount", name: "a" }] }),
    'NotSupported roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
    "Required subjects[0].namespace: Required value",
  ],
  [
    "subjects of other kinds and groups",
    binding({
      roleRef,
      subjects: [
        { kind: "Robot", name: "r" },
        { ...jane, apiGroup: "x" },
        { kind: "ServiceAccount", name: "A", apiGroup: "x" },
      ],
    }),
    'NotSupported subjects[0].kind: Unsupported value: "Robot": supported values: "Group", "ServiceAccount", "User"',
    'NotSupported subjects[1].apiGroup: Unsupported value: "x": supported values: "rbac.authorization.k8s.io"',
    `Invalid subjects[2].name: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
    'NotSupported subjects[2].apiGroup: Unsupported value: "x": supported values: ""',
  ],
  [
    "another role",
    turn(RoleBindings)({ roleRef }, { roleRef: { ...roleRef, name: "edit" } }),
    'Invalid roleRef: Invalid value: {"kind":"ClusterRole","name":"edit","apiGroup":"rbac.authorization.k8s.io"}: cannot change roleRef',
  ],
];

for (const [what, check, ...causes] of cases) test(what, () => assert.deepEqual(check(), causes));

test("what is left out", () => {
  const made = received(RoleBindings, { roleRef, subjects: [jane, { kind: "ServiceAccount", name: "a" }] });
  assert.deepEqual(
    [made.roleRef, made.subjects],
    [
      { ...roleRef, apiGroup: "rbac.authorization.k8s.io" },
      [
        { ...jane, apiGroup: "rbac.authorization.k8s.io" },
        { kind: "ServiceAccount", name: "a" },
      ],
    ],
  );
});

test("tables", () => {
  const now = Date.parse("2024-01-01T01:00:00Z");
  const row = <O extends KubeObject>(resource: Resource<O>, draft: Draft<O>) => {
    const metadata = { name: "x", creationTimestamp: "2024-01-01T00:00:00Z" };
    return resource.columns.map((column) => column.value(received(resource, { metadata, ...draft }), now));
  };
  assert.deepEqual(Roles.columns, [], "name and date of creation");
  assert.deepEqual(
    row(ClusterRoleBindings, {
      roleRef,
      subjects: [
        jane,
        { kind: "User", name: "joe" },
        { kind: "Group", name: "g" },
        { kind: "ServiceAccount", name: "a", namespace: "n" },
      ],
    }),
    ["x", "ClusterRole/view", "60m", "jane, joe", "g", "n/a"],
  );
});
