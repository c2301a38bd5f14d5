import type { Pod } from "#api/core/v1/pod.ts";
import type { PodAffinityTerm } from "#api/core/v1/scheduling.ts";
import { fromSpec, matches, type Requirement, type Selector } from "#api/meta/selector.ts";

/** A term of pod affinity, ready to be asked about many pods. */
export interface PodTerm {
  readonly topologyKey: string;
  readonly weight: number;
  /** Whether the term is about this pod. */
  covers(pod: Pod, namespaceLabels: (name: string) => Readonly<Record<string, string>> | undefined): boolean;
}

export interface PodTerms {
  readonly required: readonly PodTerm[];
  readonly requiredAnti: readonly PodTerm[];
  /** Anti-affinity has negative weights. */
  readonly preferred: readonly PodTerm[];
}

const none: PodTerms = { required: [], requiredAnti: [], preferred: [] };

export function podTerms(pod: Pod): PodTerms {
  const { podAffinity: near, podAntiAffinity: far } = pod.spec.affinity ?? {};
  if (!near && !far) return none;
  const term = (spec: PodAffinityTerm, weight = 1) => podTerm(spec, weight, pod);
  return {
    required: (near?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map((spec) => term(spec)),
    requiredAnti: (far?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map((spec) => term(spec)),
    preferred: [
      ...(near?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((each) =>
        term(each.podAffinityTerm, each.weight),
      ),
      ...(far?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((each) =>
        term(each.podAffinityTerm, -each.weight),
      ),
    ],
  };
}

export const hasTerms = ({ required, requiredAnti, preferred }: PodTerms): boolean =>
  required.length + requiredAnti.length + preferred.length > 0;

function podTerm(spec: PodAffinityTerm, weight: number, owner: Pod): PodTerm {
  const selector = spec.labelSelector && [
    ...fromSpec(spec.labelSelector),
    ...sameLabels(spec.matchLabelKeys, "In", owner),
    ...sameLabels(spec.mismatchLabelKeys, "NotIn", owner),
  ];
  const own = owner.metadata.namespace ?? "";
  const named = spec.namespaces ?? [];
  const chosen = spec.namespaceSelector && fromSpec(spec.namespaceSelector);
  // without names and selector a term is about its own namespace
  const names = new Set(named.length === 0 && !chosen ? [own] : named);
  return {
    topologyKey: spec.topologyKey,
    weight,
    covers({ metadata }, namespaceLabels) {
      if (!selector || !matches(selector, metadata.labels)) return false;
      const namespace = metadata.namespace ?? "";
      return names.has(namespace) || (chosen !== undefined && matches(chosen, namespaceLabels(namespace)));
    },
  };
}

/** Requirements that compare with the labels of the pod itself. */
export function sameLabels(
  keys: readonly string[] | undefined,
  operator: Requirement["operator"],
  { metadata }: Pod,
): Selector {
  return (keys ?? []).flatMap((key) => {
    const value = metadata.labels?.[key];
    return value === undefined ? [] : [{ key, operator, values: [value] }];
  });
}
