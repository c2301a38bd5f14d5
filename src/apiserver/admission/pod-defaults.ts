import type { Pod } from "#api/core/v1/pod.ts";
import { forbidden } from "#api/meta/api-error.ts";
import { qualifiedName } from "#api/resource.ts";
import type { PriorityClass } from "#api/scheduling/v1/priority-class.ts";
import type { AdmissionPlugin, Review } from "./admission.ts";

const notReady = "node.kubernetes.io/not-ready";
const unreachable = "node.kubernetes.io/unreachable";
const tolerationSeconds = 300;

const isPodCreation = ({ verb, resource, subresource }: Review) =>
  verb === "create" && !subresource && qualifiedName(resource) === "pods";

/** A pod stays five minutes on a node that is lost, unless it says how long. */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: "DefaultTolerationSeconds",
  mutate(review) {
    if (!isPodCreation(review)) return;
    const { spec } = review.object as Pod;
    const given = spec.tolerations ?? [];
    const missing = [notReady, unreachable].filter(
      (taint) => !given.some(({ key, effect }) => (!key || key === taint) && (!effect || effect === "NoExecute")),
    );
    if (missing.length === 0) return;
    const added = missing.map((key) => ({ key, operator: "Exists", effect: "NoExecute", tolerationSeconds }) as const);
    spec.tolerations = [...given, ...added];
  },
};

/** Writes into the pod how important it is, by its class or by the one that is for all pods. */
export function podPriority(classes: () => Iterable<PriorityClass>): AdmissionPlugin {
  return {
    name: "Priority",
    mutate(review) {
      if (!isPodCreation(review)) return;
      const pod = review.object as Pod;
      const { spec, metadata } = pod;
      const name = metadata.name || (metadata.generateName ?? "");
      const found = classOf(spec.priorityClassName, classes());
      if (spec.priorityClassName && !found) {
        throw forbidden(review.resource, name, `no PriorityClass with name ${spec.priorityClassName} was found`);
      }
      const priority = found?.value ?? 0;
      if (spec.priority !== undefined && spec.priority !== priority) {
        const why = `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`;
        throw forbidden(review.resource, name, why);
      }
      spec.priority = priority;
      if (found) spec.priorityClassName = found.metadata.name;
      spec.preemptionPolicy ??= found?.preemptionPolicy ?? "PreemptLowerPriority";
    },
  };
}

/** Of several classes for all pods the least important counts, as that harms nobody. */
function classOf(name: string | undefined, classes: Iterable<PriorityClass>): PriorityClass | undefined {
  const all = [...classes];
  if (name) return all.find(({ metadata }) => metadata.name === name);
  return all.filter(({ globalDefault }) => globalDefault).toSorted((a, b) => a.value - b.value)[0];
}
