import type { RoleRef, Subject } from "#api/rbac/v1/binding-parts.ts";
import type { ClusterRoleBinding } from "#api/rbac/v1/cluster-role-binding.ts";
import type { RoleBinding } from "#api/rbac/v1/role-binding.ts";
import type { UserInfo } from "#client/transport.ts";
import type { Feed } from "../watch/feed.ts";

/** A binding, as far as it is about one subject. */
export interface Grant {
  readonly kind: "ClusterRoleBinding" | "RoleBinding";
  readonly name: string;
  /** Empty for those of the whole cluster. */
  readonly namespace: string;
  readonly roleRef: RoleRef;
  readonly subject: Subject;
}

type Binding = ClusterRoleBinding | RoleBinding;

/** Subjects by what identifies them: `u:NAME` or `g:NAME`. */
type Grants = Map<string, Map<string, Grant>>;

/** Who is given which roles where. Kept up to date from the feeds, so that a request looks only at what concerns its user. */
export class BindingIndex {
  /** By namespace; the empty one holds what is given in the whole cluster. */
  readonly #byNamespace = new Map<string, Grants>();
  /** Grows with every change. */
  #generation = 0;

  constructor(clusterRoleBindings: Feed, roleBindings: Feed) {
    for (const [feed, kind] of [
      [clusterRoleBindings, "ClusterRoleBinding"],
      [roleBindings, "RoleBinding"],
    ] as const) {
      feed.listen(({ type, object, previous }) => {
        this.#generation++;
        if (previous) this.#remove(previous as Binding);
        if (type !== "DELETED") this.#add(kind, object as Binding);
      });
    }
  }

  get generation(): number {
    return this.#generation;
  }

  /** What a user and its groups are given in a namespace, or, when that is empty, in the whole cluster. */
  grants({ name, groups }: UserInfo, namespace: string): Grant[] {
    const known = this.#byNamespace.get(namespace);
    if (!known) return [];
    const found = new Map<string, Grant>();
    for (const id of [`u:${name}`, ...groups.map((group) => `g:${group}`)]) {
      for (const [binding, grant] of known.get(id) ?? []) if (!found.has(binding)) found.set(binding, grant);
    }
    return [...found.values()];
  }

  #add(kind: Grant["kind"], { metadata, roleRef, subjects = [] }: Binding): void {
    const { name, namespace = "" } = metadata;
    const grants: Grants = this.#byNamespace.get(namespace) ?? new Map();
    this.#byNamespace.set(namespace, grants);
    for (const subject of subjects) {
      const id = idOf(subject, namespace);
      if (id === undefined) continue;
      const ofSubject = grants.get(id) ?? new Map<string, Grant>();
      grants.set(id, ofSubject);
      ofSubject.set(name, { kind, name, namespace, roleRef, subject });
    }
  }

  #remove({ metadata: { name, namespace = "" }, subjects = [] }: Binding): void {
    const grants = this.#byNamespace.get(namespace);
    if (!grants) return;
    for (const subject of subjects) {
      const id = idOf(subject, namespace) ?? "";
      const ofSubject = grants.get(id);
      ofSubject?.delete(name);
      if (ofSubject?.size === 0) grants.delete(id);
    }
    if (grants.size === 0) this.#byNamespace.delete(namespace);
  }
}

function idOf({ kind, name, namespace }: Subject, within: string): string | undefined {
  if (kind === "User") return `u:${name}`;
  if (kind === "Group") return `g:${name}`;
  return kind === "ServiceAccount" ? `u:system:serviceaccount:${namespace || within}:${name}` : undefined;
}

/** `ClusterRoleBinding "x" of ClusterRole "y" to Group "z"` */
export function grantText({ kind, name, namespace, roleRef, subject }: Grant): string {
  const quoted = JSON.stringify;
  const binding = namespace ? `${name}/${namespace}` : name;
  const who = subject.kind === "ServiceAccount" ? `${subject.name}/${subject.namespace || namespace}` : subject.name;
  return `${kind} ${quoted(binding)} of ${roleRef.kind} ${quoted(roleRef.name)} to ${subject.kind} ${quoted(who)}`;
}
