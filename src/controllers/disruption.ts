import { Deployments } from "#api/apps/v1/deployment.ts";
import { ReplicaSets } from "#api/apps/v1/replica-set.ts";
import { StatefulSets } from "#api/apps/v1/stateful-set.ts";
import { type Pod, Pods } from "#api/core/v1/pod.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import { formatSelector, fromSpec, labelSelectorMatches } from "#api/meta/selector.ts";
import { type PodDisruptionBudget, PodDisruptionBudgets } from "#api/policy/v1/pod-disruption-budget.ts";
import type { Resource } from "#api/resource.ts";
import type { CacheReader } from "#client/cache/object-cache.ts";
import { type ControllerDefinition, type ReconcileContext, wake } from "#controller/controller.ts";
import { controllerOf } from "#controller/owners.ts";
import { type Amounts, amounts, failSafe, needsScale, planBudget } from "./disruption.plan.ts";
import { sameStatus } from "./status.ts";

const scaled: readonly Resource[] = [Deployments, ReplicaSets, StatefulSets];
const budgetsOf = ({ metadata }: KubeObject, cache: CacheReader) => cache.all(PodDisruptionBudgets, metadata.namespace);

/** Keeps count of how many pods of each budget may go. */
export const disruptionController: ControllerDefinition<typeof PodDisruptionBudgets> = {
  name: "controllermanager",
  for: PodDisruptionBudgets,
  wakes: [
    wake(Pods, (pod, { cache }) =>
      budgetsOf(pod, cache)
        .filter(({ spec }) => labelSelectorMatches(spec.selector, pod.metadata.labels))
        .map(({ metadata }) => metadata),
    ),
    ...scaled.map((resource) =>
      wake(resource, (object, { cache }) => budgetsOf(object, cache).map(({ metadata }) => metadata)),
    ),
  ],

  async reconcile(key, context) {
    const { cache, client, clock } = context;
    const budget = cache.find(PodDisruptionBudgets, key);
    if (!budget || budget.metadata.deletionTimestamp) return;
    const pods = cache
      .all(Pods, key.namespace)
      .filter(({ metadata }) => labelSelectorMatches(budget.spec.selector, metadata.labels));
    if (pods.length === 0) context.events.event(budget, "Normal", "NoPods", "No matching pods found");
    const known = amountsOf(budget, pods, context);
    const { status, again } =
      "problem" in known
        ? { status: failSafe(budget, known.problem, clock.now()), again: undefined }
        : planBudget(budget, pods, known, clock.now());
    if (!sameStatus(budget.status, status)) await client.updateStatus(PodDisruptionBudgets, { ...budget, status });
    return again === undefined ? undefined : { again };
  },
};

function amountsOf(
  budget: PodDisruptionBudget,
  pods: readonly Pod[],
  { cache, events }: ReconcileContext,
): Amounts | { readonly problem: string } {
  if (!needsScale(budget)) return amounts(budget, pods, pods.length);
  const sizes = new Map<string, number>();
  let unmanaged = 0;
  for (const pod of pods) {
    const owner = controllerOf(pod);
    if (!owner) {
      unmanaged++;
      continue;
    }
    if (sizes.has(owner.uid)) continue;
    const found = managerOf(pod, cache);
    if (!found) {
      const problem = `found no controller with a scale for pod "${pod.metadata.name}": ${owner.kind} "${owner.name}"`;
      const message = `Failed to calculate the number of expected pods: ${problem}`;
      events.event(budget, "Warning", "CalculateExpectedPodCountFailed", message);
      return { problem };
    }
    sizes.set(found.uid, found.replicas);
  }
  if (unmanaged > 0) {
    const selector = formatSelector(fromSpec(budget.spec.selector ?? {}));
    const message = `Pods selected by this PodDisruptionBudget (selector: ${selector}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`;
    events.event(budget, "Warning", "UnmanagedPods", message);
  }
  const expected = [...sizes.values()].reduce((sum, replicas) => sum + replicas, 0);
  return amounts(budget, pods, expected);
}

/** Who says how many of such pods there should be: for the set of a Deployment, the Deployment. */
function managerOf(pod: Pod, cache: CacheReader): { readonly uid: string; readonly replicas: number } | undefined {
  const owner = controllerOf(pod);
  const { namespace } = pod.metadata;
  if (owner?.kind === "StatefulSet") {
    const set = cache.find(StatefulSets, { namespace, name: owner.name });
    return set && { uid: set.metadata.uid, replicas: set.spec.replicas ?? 1 };
  }
  const set = owner?.kind === "ReplicaSet" ? cache.find(ReplicaSets, { namespace, name: owner.name }) : undefined;
  if (!set) return undefined;
  const above = controllerOf(set);
  const deployment =
    above?.kind === "Deployment" ? cache.find(Deployments, { namespace, name: above.name }) : undefined;
  const manager = deployment ?? set;
  return { uid: manager.metadata.uid, replicas: manager.spec.replicas ?? 1 };
}
