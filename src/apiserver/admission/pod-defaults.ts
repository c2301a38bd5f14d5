import type { Pod } from "#api/core/v1/pod.ts";
import { forbidden } from "#api/meta/api-error.ts";
import { qualifiedName } from "#api/resource.ts";
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

/** The classes that are always there. */
const systemClasses: Readonly<Record<string, number>> = {
  "system-cluster-critical": 2_000_000_000,
  "system-node-critical": 2_000_001_000,
};

/** Writes into the pod how important it is. */
export const podPriority: AdmissionPlugin = {
  name: "Priority",
  mutate(review) {
    if (!isPodCreation(review)) return;
    const pod = review.object as Pod;
    const { spec, metadata } = pod;
    const name = metadata.name || (metadata.generateName ?? "");
    const className = spec.priorityClassName;
    const priority = className ? systemClasses[className] : 0;
    if (priority === undefined) {
      throw forbidden(review.resource, name, `no PriorityClass with name ${className} was found`);
    }
    if (spec.priority !== undefined && spec.priority !== priority) {
      const why = `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`;
      throw forbidden(review.resource, name, why);
    }
    spec.priority = priority;
    spec.preemptionPolicy ??= "PreemptLowerPriority";
  },
};
