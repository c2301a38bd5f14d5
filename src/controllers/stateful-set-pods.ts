import type { StatefulSet } from "#api/apps/v1/stateful-set.ts";
import type { PersistentVolumeClaim } from "#api/core/v1/persistent-volume-claim.ts";
import type { Pod, PodTemplateSpec } from "#api/core/v1/pod.ts";
import type { Draft } from "#api/meta/object-meta.ts";
import { revisionHash } from "./revision-history.ts";

const podName = "statefulset.kubernetes.io/pod-name";
const podIndex = "apps.kubernetes.io/pod-index";

export const firstOrdinal = ({ spec }: StatefulSet): number => spec.ordinals?.start ?? 0;
export const replicasOf = ({ spec }: StatefulSet): number => spec.replicas ?? 1;
export const nameAt = ({ metadata }: StatefulSet, ordinal: number): string => `${metadata.name}-${ordinal}`;

/** The number of one of the set's pods; undefined when its name is none of the set's. */
export function ordinalOf(set: StatefulSet, pod: Pod): number | undefined {
  const { name } = pod.metadata;
  const prefix = `${set.metadata.name}-`;
  const digits = name.startsWith(prefix) ? name.slice(prefix.length) : "";
  return /^(0|[1-9]\d*)$/.test(digits) ? Number(digits) : undefined;
}

/** @param revision name of the revision that `template` is of */
export function statefulPod(
  set: StatefulSet,
  ordinal: number,
  template: PodTemplateSpec,
  revision: string,
): Draft<Pod> {
  const name = nameAt(set, ordinal);
  const { metadata, spec } = template;
  const claims = claimsOf(set, ordinal);
  const volumes = claims.map(({ template, name: claimName }) => ({
    name: template.metadata.name ?? "",
    persistentVolumeClaim: { claimName },
  }));
  const names = new Set(volumes.map(({ name }) => name));
  const others = (spec?.volumes ?? []).filter(({ name }) => !names.has(name));
  return {
    metadata: {
      name,
      namespace: set.metadata.namespace ?? "",
      labels: { ...metadata?.labels, [podName]: name, [podIndex]: String(ordinal), [revisionHash]: revision },
      ...(metadata?.annotations && { annotations: metadata.annotations }),
      ...(metadata?.finalizers && { finalizers: metadata.finalizers }),
    },
    spec: {
      ...spec,
      hostname: name,
      ...(set.spec.serviceName && { subdomain: set.spec.serviceName }),
      ...((volumes.length > 0 || spec?.volumes) && { volumes: [...others, ...volumes] }),
    },
  };
}

interface Claim {
  readonly name: string;
  readonly template: NonNullable<StatefulSet["spec"]["volumeClaimTemplates"]>[number];
}

/** The claims of one pod: always of the same names, so that a pod that comes back finds its storage. */
export function claimsOf(set: StatefulSet, ordinal: number): Claim[] {
  return (set.spec.volumeClaimTemplates ?? []).map((template) => ({
    name: `${template.metadata.name}-${nameAt(set, ordinal)}`,
    template,
  }));
}

export function claimDraft(set: StatefulSet, { name, template }: Claim): Draft<PersistentVolumeClaim> {
  const { annotations, labels } = template.metadata;
  return {
    metadata: {
      name,
      namespace: set.metadata.namespace ?? "",
      labels: { ...labels, ...set.spec.selector.matchLabels },
      ...(annotations && { annotations }),
    },
    spec: template.spec,
  };
}
