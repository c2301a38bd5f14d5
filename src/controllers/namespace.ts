import { type Namespace, Namespaces } from "#api/core/v1/namespace.ts";
import { Pods } from "#api/core/v1/pod.ts";
import { isConflict, isNotFound } from "#api/meta/api-error.ts";
import type { Resource } from "#api/resource.ts";
import type { ControllerDefinition, ReconcileContext, Wake } from "#controller/controller.ts";
import { planNamespaceStatus, type Remaining } from "./namespace.plan.ts";
import { sameStatus } from "./status.ts";

/** Holds the namespace back until its content is gone. */
const contentFinalizer = "kubernetes";

/**
 * Empties a namespace that is being deleted, pods first so that nothing they need goes before them, and lets it go when
 * nothing is left. What is left is read from the server, never from the cache: an object overlooked would stay for ever.
 */
export function namespaceController(resources: () => readonly Resource[]): ControllerDefinition<typeof Namespaces> {
  const namespaced = resources().filter(({ scope }) => scope === "Namespaced");
  return {
    name: "namespace-controller",
    for: Namespaces,
    wakes: namespaced.map(wakeNamespace),
    workers: 10,

    async reconcile({ name }, context) {
      const { cache, client, clock } = context;
      const namespace = cache.find(Namespaces, { name });
      if (!namespace?.metadata.deletionTimestamp || !namespace.spec.finalizers?.includes(contentFinalizer)) return;
      const kinds = resources().filter(({ scope }) => scope === "Namespaced");
      const { remaining, error } = await deleteContent(name, kinds, context);
      const failure = error === undefined ? undefined : String(error instanceof Error ? error.message : error);
      const status = planNamespaceStatus(namespace, remaining, failure, clock.now());
      const current = sameStatus(namespace.status, status)
        ? namespace
        : await client.updateStatus(Namespaces, { ...namespace, status });
      if (error !== undefined) throw error;
      if (remaining.every(({ count }) => count === 0)) await finalize(current, context);
    },
  };
}

/** Whatever goes from a namespace on its way out may have been the last thing it waited for. */
function wakeNamespace(on: Resource): Wake {
  return {
    on,
    keys({ metadata }, { cache }) {
      const name = metadata.namespace ?? "";
      return cache.find(Namespaces, { name })?.metadata.deletionTimestamp ? [{ name }] : [];
    },
  };
}

async function deleteContent(
  namespace: string,
  kinds: readonly Resource[],
  context: ReconcileContext,
): Promise<{ remaining: Remaining[]; error?: unknown }> {
  const remaining: Remaining[] = [];
  let failed: { error: unknown } | undefined;
  const empty = async (resource: Resource) => {
    try {
      remaining.push(await deleteKind(namespace, resource, context));
    } catch (error) {
      failed = { error };
    }
  };
  const pods = kinds.filter((resource) => resource.plural === Pods.plural && resource.group === Pods.group);
  for (const resource of pods) await empty(resource);
  if (remaining.some(({ count }) => count > 0)) return { remaining, ...failed };
  for (const resource of kinds) if (!pods.includes(resource)) await empty(resource);
  return { remaining, ...failed };
}

async function deleteKind(namespace: string, resource: Resource, { client }: ReconcileContext): Promise<Remaining> {
  const before = await client.list(resource, { namespace });
  if (before.items.length === 0) return { resource, count: 0, finalizers: new Map() };
  if (before.items.some(({ metadata }) => metadata.deletionTimestamp === undefined)) {
    await client.deleteCollection(resource, { namespace, propagationPolicy: "Background" });
  }
  const { items } = await client.list(resource, { namespace });
  const finalizers = new Map<string, number>();
  for (const finalizer of items.flatMap(({ metadata }) => metadata.finalizers ?? [])) {
    finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1);
  }
  return { resource, count: items.length, finalizers };
}

async function finalize(namespace: Namespace, { client }: ReconcileContext): Promise<void> {
  const finalizers = (namespace.spec.finalizers ?? []).filter((finalizer) => finalizer !== contentFinalizer);
  try {
    await client.update(
      Namespaces,
      { ...namespace, spec: { ...namespace.spec, finalizers } },
      { subresource: "finalize" },
    );
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error; // gone, or changed: the change wakes us again
  }
}
