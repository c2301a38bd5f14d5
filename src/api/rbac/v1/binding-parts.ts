import { type Infer, string, struct } from "#schema/nodes.ts";

export const rbacGroup = "rbac.authorization.k8s.io";

export const RoleRef = struct(
  "io.k8s.api.rbac.v1.RoleRef",
  {
    apiGroup: string({ tag: 1, keepEmpty: true, required: true, description: "rbac.authorization.k8s.io" }),
    kind: string({ tag: 2, required: true, keepEmpty: true, description: "Role or ClusterRole." }),
    name: string({ tag: 3, required: true, keepEmpty: true }),
  },
  {
    atomic: true,
    description: "The role that a binding gives. It cannot be changed later.",
    derive: (roleRef) => {
      roleRef.apiGroup ||= rbacGroup;
    },
  },
);

export interface RoleRef extends Infer<typeof RoleRef> {}

export const Subject = struct(
  "io.k8s.api.rbac.v1.Subject",
  {
    kind: string({ tag: 1, required: true, keepEmpty: true, description: "User, Group or ServiceAccount." }),
    apiGroup: string({ tag: 2, description: "Empty for service accounts, else rbac.authorization.k8s.io." }),
    name: string({ tag: 3, required: true, keepEmpty: true }),
    namespace: string({ tag: 4, description: "Of a service account." }),
  },
  {
    atomic: true,
    description: "Somebody who gets a role.",
    derive: (subject) => {
      if (!subject.apiGroup && subject.kind !== "ServiceAccount" && subject.kind !== "") subject.apiGroup = rbacGroup;
    },
  },
);

export interface Subject extends Infer<typeof Subject> {}
