import type { RoleRef } from "#api/rbac/v1/binding-parts.ts";
import type { ClusterRole } from "#api/rbac/v1/cluster-role.ts";
import type { PolicyRule } from "#api/rbac/v1/policy-rule.ts";
import type { Role } from "#api/rbac/v1/role.ts";
import { qualifiedName } from "#api/resource.ts";
import type { UserInfo } from "#client/transport.ts";
import { objectKey } from "../registry/keys.ts";
import type { Feed } from "../watch/feed.ts";
import { BindingIndex, type Grant, grantText } from "./binding-index.ts";

export interface RbacFeeds {
  readonly clusterRoles: Feed;
  readonly roles: Feed;
  readonly clusterRoleBindings: Feed;
  readonly roleBindings: Feed;
}

/** A binding that leads to a role there is, or to none. */
export interface Granted {
  readonly grant: Grant;
  readonly rules: readonly PolicyRule[];
  /** How reasons name it. */
  readonly text: string;
  /** Why there are no rules, as `clusterrole.rbac.authorization.k8s.io "x" not found`. */
  readonly missing?: string;
}

interface Known {
  readonly generation: number;
  readonly byNamespace: Map<string, readonly Granted[]>;
}

/** What users may do, as roles and bindings say. */
export class RuleResolver {
  readonly #feeds: RbacFeeds;
  readonly #bindings: BindingIndex;
  #roleChanges = 0;
  /** What has been looked up, by user: the same value for all requests of a connection. Void once anything changes. */
  readonly #known = new WeakMap<UserInfo, Known>();

  constructor(feeds: RbacFeeds) {
    this.#feeds = feeds;
    this.#bindings = new BindingIndex(feeds.clusterRoleBindings, feeds.roleBindings);
    for (const feed of [feeds.clusterRoles, feeds.roles]) feed.listen(() => this.#roleChanges++);
  }

  /** All that concerns a user in a namespace; without one, what holds in the whole cluster. */
  granted(user: UserInfo, namespace = ""): readonly Granted[] {
    const inCluster = this.#grantedIn(user, "");
    return namespace ? [...inCluster, ...this.#grantedIn(user, namespace)] : inCluster;
  }

  /** Everything a user may do in a namespace, and what could not be found. */
  rules(
    user: UserInfo,
    namespace?: string,
  ): { readonly rules: readonly PolicyRule[]; readonly missing: readonly string[] } {
    const granted = this.granted(user, namespace);
    return {
      rules: granted.flatMap(({ rules }) => rules),
      missing: granted.flatMap(({ missing }) => missing ?? []),
    };
  }

  /** The rules of a role; `undefined` when there is no such role. */
  rulesOf({ kind, name }: RoleRef, namespace: string): readonly PolicyRule[] | undefined {
    const feed = kind === "Role" ? this.#feeds.roles : this.#feeds.clusterRoles;
    const role = feed.get(objectKey(feed.resource, namespace, name)) as Role | ClusterRole | undefined;
    return role && (role.rules ?? []);
  }

  #grantedIn(user: UserInfo, namespace: string): readonly Granted[] {
    const { byNamespace } = this.#knownOf(user);
    let granted = byNamespace.get(namespace);
    if (!granted) {
      granted = this.#bindings.grants(user, namespace).map((grant) => this.#resolve(grant));
      byNamespace.set(namespace, granted);
    }
    return granted;
  }

  #knownOf(user: UserInfo): Known {
    const generation = this.#bindings.generation + this.#roleChanges;
    let known = this.#known.get(user);
    if (known?.generation !== generation) {
      known = { generation, byNamespace: new Map() };
      this.#known.set(user, known);
    }
    return known;
  }

  #resolve(grant: Grant): Granted {
    const rules = this.rulesOf(grant.roleRef, grant.namespace);
    const text = grantText(grant);
    if (rules) return { grant, rules, text };
    const { group } = this.#feeds.roles.resource;
    const noun = qualifiedName({ group, plural: grant.roleRef.kind.toLowerCase() });
    return { grant, rules: [], text, missing: `${noun} ${JSON.stringify(grant.roleRef.name)} not found` };
  }
}
