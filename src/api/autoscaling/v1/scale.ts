import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { type Infer, int, ref, string, struct } from "#schema/nodes.ts";

export const ScaleSpec = struct("io.k8s.api.autoscaling.v1.ScaleSpec", {
  replicas: int({ tag: 1, description: "How many there should be.", default: 0 }),
});

export interface ScaleSpec extends Infer<typeof ScaleSpec> {}

export const ScaleStatus = struct("io.k8s.api.autoscaling.v1.ScaleStatus", {
  replicas: int({ tag: 1, description: "How many there are.", required: true, keepEmpty: true }),
  selector: string({ tag: 2, description: "Labels of the pods, as text." }),
});

export interface ScaleStatus extends Infer<typeof ScaleStatus> {}

export const Scale = kubeObject(
  "io.k8s.api.autoscaling.v1.Scale",
  {
    spec: ref(ScaleSpec, { tag: 2, description: "How many there should be.", default: {} }),
    status: ref(ScaleStatus, { tag: 3, description: "How many there are." }),
  },
  { description: "How many pods an object runs, in the same form for all kinds that run pods." },
);

export interface Scale extends Infer<typeof Scale>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}
