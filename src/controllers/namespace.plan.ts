import type { Namespace, NamespaceCondition, NamespaceStatus } from "#api/core/v1/namespace.ts";
import { timestamp } from "#api/meta/time.ts";
import { qualifiedName, type Resource } from "#api/resource.ts";

/** What is left of one kind in a namespace that is being deleted. */
export interface Remaining {
  readonly resource: Resource;
  readonly count: number;
  /** Finalizer → how many of the objects it holds back. */
  readonly finalizers: ReadonlyMap<string, number>;
}

interface Said {
  readonly type: string;
  readonly status: "True" | "False";
  readonly reason: string;
  readonly message: string;
}

/** The status of a namespace on its way out; the conditions say what it waits for. */
export function planNamespaceStatus(
  namespace: Namespace,
  remaining: readonly Remaining[],
  failure: string | undefined,
  now: number,
): NamespaceStatus {
  const known = namespace.status?.conditions ?? [];
  const conditions = conditionsOf(remaining, failure).map((said): NamespaceCondition => {
    const before = known.find(({ type }) => type === said.type);
    const kept = before?.status === said.status ? before.lastTransitionTime : undefined;
    return { ...said, lastTransitionTime: kept ?? timestamp(now) };
  });
  return { phase: "Terminating", conditions };
}

function conditionsOf(remaining: readonly Remaining[], failure: string | undefined): Said[] {
  const left = remaining.filter(({ count }) => count > 0);
  const finalizers = new Map<string, number>();
  for (const [name, count] of left.flatMap((each) => [...each.finalizers])) {
    finalizers.set(name, (finalizers.get(name) ?? 0) + count);
  }
  const instances = left.map(({ resource, count }) => `${goName(resource)} has ${count} resource instances`).toSorted();
  const holders = [...finalizers].map(([name, count]) => `${name} in ${count} resource instances`).toSorted();
  return [
    {
      type: "NamespaceDeletionDiscoveryFailure",
      status: "False",
      reason: "ResourcesDiscovered",
      message: "All resources successfully discovered",
    },
    {
      type: "NamespaceDeletionGroupVersionParsingFailure",
      status: "False",
      reason: "ParsedGroupVersions",
      message: "All legacy kube types successfully parsed",
    },
    failure === undefined
      ? {
          type: "NamespaceDeletionContentFailure",
          status: "False",
          reason: "ContentDeleted",
          message: "All content successfully deleted, may be waiting on finalization",
        }
      : {
          type: "NamespaceDeletionContentFailure",
          status: "True",
          reason: "ContentDeletionFailed",
          message: `Failed to delete all resource types, 1 remaining: ${failure}`,
        },
    instances.length > 0
      ? {
          type: "NamespaceContentRemaining",
          status: "True",
          reason: "SomeResourcesRemain",
          message: `Some resources are remaining: ${instances.join(", ")}`,
        }
      : {
          type: "NamespaceContentRemaining",
          status: "False",
          reason: "ContentRemoved",
          message: "All content successfully removed",
        },
    holders.length > 0
      ? {
          type: "NamespaceFinalizersRemaining",
          status: "True",
          reason: "SomeFinalizersRemain",
          message: `Some content in the namespace has finalizers remaining: ${holders.join(", ")}`,
        }
      : {
          type: "NamespaceFinalizersRemaining",
          status: "False",
          reason: "ContentHasNoFinalizers",
          message: "All content-preserving finalizers finished",
        },
  ];
}

/** `pods.`, `deployments.apps`: resource and group joined by a dot even when the group's name is empty. */
const goName = (resource: Resource) => (resource.group ? qualifiedName(resource) : `${resource.plural}.`);
