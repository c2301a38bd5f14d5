import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { type Infer, int, ref, string, struct } from "#schema/nodes.ts";

export const ScaleSpec = struct("io.k8s.api.autoscaling.v1.ScaleSpec", {
  replicas: int({ tag: 1, default: 0 }),
});

export interface ScaleSpec extends Infer<typeof ScaleSpec> {}

export const ScaleStatus = struct("io.k8s.api.autoscaling.v1.ScaleStatus", {
  replicas: int({ tag: 1, required: true, keepEmpty: true }),
  selector: string({ tag: 2 }),
});

export interface ScaleStatus extends Infer<typeof ScaleStatus> {}

export const Scale = kubeObject("io.k8s.api.autoscaling.v1.Scale", {
  spec: ref(ScaleSpec, { tag: 2, default: {} }),
  status: ref(ScaleStatus, { tag: 3 }),
});

export interface Scale extends Infer<typeof Scale>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}
