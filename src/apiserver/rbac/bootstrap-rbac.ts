import { isAlreadyExists, isConflict, isNotFound } from "#api/meta/api-error.ts";
import type { Draft, KubeObject } from "#api/meta/object-meta.ts";
import { ClusterRoles } from "#api/rbac/v1/cluster-role.ts";
import { ClusterRoleBindings } from "#api/rbac/v1/cluster-role-binding.ts";
import { Roles } from "#api/rbac/v1/role.ts";
import { RoleBindings } from "#api/rbac/v1/role-binding.ts";
import type { Resource } from "#api/resource.ts";
import type { Client } from "#client/client.ts";
import { objectKey } from "../registry/keys.ts";
import type { Feed } from "../watch/feed.ts";
import { bootstrapClusterRoleBindings, bootstrapRoleBindings, bootstrapRoles } from "./bootstrap-bindings.ts";
import { bootstrapClusterRoles } from "./bootstrap-roles.ts";
import { reconciledBinding, reconciledRole } from "./reconcile.plan.ts";

type FeedOf = (resource: Resource) => Feed;

/** What the object is to become; nothing when it is as it should be. */
type Reconcile = (current: KubeObject, wanted: Draft<KubeObject>) => KubeObject | "replace" | undefined;

/**
 * Sees to it that the roles and bindings of every cluster are there and lack nothing. Whatever is there already is read
 * off the feeds, and all writes are under way at once: they share the storage's commits, so that a start stays quick.
 */
export async function bootstrapRbac(client: Client, feedOf: FeedOf): Promise<void> {
  async function ensure(resource: Resource, wanted: Draft<KubeObject>, reconciled: Reconcile): Promise<void> {
    const { namespace, name = "" } = wanted.metadata ?? {};
    const current = feedOf(resource).get(objectKey(resource, namespace, name));
    const next = current && reconciled(current, wanted);
    if (current && !next) return;
    try {
      if (next && next !== "replace") {
        await client.update(resource, next as Draft<KubeObject>);
        return;
      }
      if (current) await client.delete(resource, { namespace, name });
      await client.create(resource, wanted);
    } catch (error) {
      // another server that starts now does the same
      if (!isAlreadyExists(error) && !isConflict(error) && !isNotFound(error)) throw error;
    }
  }

  const all: readonly (readonly [Resource, readonly Draft<KubeObject>[], Reconcile])[] = [
    [ClusterRoles, bootstrapClusterRoles, reconciledRole as Reconcile],
    [Roles, bootstrapRoles, reconciledRole as Reconcile],
    [ClusterRoleBindings, bootstrapClusterRoleBindings, reconciledBinding as Reconcile],
    [RoleBindings, bootstrapRoleBindings, reconciledBinding as Reconcile],
  ];
  await Promise.all(
    all.flatMap(([resource, wanted, reconciled]) => wanted.map((w) => ensure(resource, w, reconciled))),
  );
}
