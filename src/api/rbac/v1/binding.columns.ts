import { ageColumn, nameColumn } from "#api/meta/columns.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import type { Column } from "#api/resource.ts";
import type { RoleRef, Subject } from "./binding-parts.ts";

interface Binding extends KubeObject {
  readonly roleRef: RoleRef;
  readonly subjects?: readonly Subject[];
}

const names = ({ subjects = [] }: Binding, kind: string, text = ({ name }: Subject) => name): string =>
  subjects
    .filter((subject) => subject.kind === kind)
    .map(text)
    .join(", ");

/** What both kinds of bindings show. */
export const bindingColumns: readonly Column<Binding>[] = [
  nameColumn,
  {
    name: "Role",
    type: "string",
    description: "The role that is given.",
    value: ({ roleRef }) => `${roleRef.kind}/${roleRef.name}`,
  },
  ageColumn,
  {
    name: "Users",
    type: "string",
    priority: 1,
    description: "Users who get the role.",
    value: (b) => names(b, "User"),
  },
  {
    name: "Groups",
    type: "string",
    priority: 1,
    description: "Groups whose members get the role.",
    value: (b) => names(b, "Group"),
  },
  {
    name: "ServiceAccounts",
    type: "string",
    priority: 1,
    description: "Service accounts that get the role.",
    value: (b) => names(b, "ServiceAccount", ({ namespace = "", name }) => `${namespace}/${name}`),
  },
];
