import type { KubeObject } from "#api/meta/object-meta.ts";
import { fromSpec, type LabelSelectorSpec, labelSelectorMatches } from "#api/meta/selector.ts";
import type { ObjectOf, Resource } from "#api/resource.ts";
import { type CacheIndex, cacheIndex, type ReconcileContext, type Wake, wake } from "#controller/controller.ts";
import { claimChildren, controllerOf } from "#controller/owners.ts";

/** Objects that nobody manages, by namespace. */
const orphans = "orphans";

interface Selecting extends KubeObject {
  readonly spec: { readonly selector?: LabelSelectorSpec };
}

type SelectingResource = Resource<Selecting & KubeObject> | Resource;

export const orphanIndex = (child: Resource): CacheIndex =>
  cacheIndex(child, orphans, (object) => (controllerOf(object) ? [] : [object.metadata.namespace ?? ""]));

/** An orphan wakes whoever would take it in. */
export const wakeAdopters = (owner: SelectingResource, child: Resource): Wake =>
  wake(child, (object, { cache }) => {
    if (controllerOf(object)) return [];
    const owners = cache.all(owner, object.metadata.namespace) as readonly Selecting[];
    return owners
      .filter(({ spec }) => labelSelectorMatches(spec.selector, object.metadata.labels))
      .map(({ metadata }) => metadata);
  });

/** The children of an owner after it has taken in orphans that it selects and let go of what it does not. */
export function claim<P extends Resource, C extends Resource>(
  ownerResource: P,
  owner: ObjectOf<P>,
  childResource: C,
  { client, cache }: Pick<ReconcileContext, "client" | "cache">,
  mayJoin: (child: ObjectOf<C>) => boolean = () => true,
): Promise<ObjectOf<C>[]> {
  const { selector = {} } = (owner as unknown as Selecting).spec;
  const free = cache.indexed(childResource, orphans, owner.metadata.namespace ?? "");
  const candidates = [...cache.ownedBy(childResource, owner), ...free.filter(mayJoin)];
  return claimChildren({ client, ownerResource, owner, childResource, selector: fromSpec(selector), candidates });
}
