import type { Scale } from "#api/autoscaling/v1/scale.ts";
import type { LabelSelector } from "#api/meta/label-selector.ts";
import type { KubeObject } from "#api/meta/object-meta.ts";
import { formatSelector, fromSpec } from "#api/meta/selector.ts";

interface Scalable extends KubeObject {
  spec: { replicas?: number; selector: LabelSelector };
  status?: { replicas?: number };
}

/** What `kubectl scale` and autoscalers see of an object that runs a number of pods. */
export function scaleOf({ metadata, spec, status }: Scalable): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const selector = formatSelector(fromSpec(spec.selector).toSorted((a, b) => (a.key < b.key ? -1 : 1)));
  return {
    apiVersion: "autoscaling/v1",
    kind: "Scale",
    metadata: { name, ...(namespace && { namespace }), uid, resourceVersion, creationTimestamp },
    spec: { replicas: spec.replicas ?? 1 },
    status: { replicas: status?.replicas ?? 0, ...(selector && { selector }) },
  };
}

/** A copy of the object with the number of pods that the scale asks for; nothing else of a scale can be set. */
export function withScale<O extends Scalable>(object: O, scale: Pick<Scale, "spec">): O {
  return { ...object, spec: { ...object.spec, replicas: scale.spec?.replicas ?? 0 } };
}
