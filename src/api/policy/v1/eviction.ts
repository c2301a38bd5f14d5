import { type KubeObject, kubeObject } from "#api/meta/object-meta.ts";
import { bool, type Infer, list, long, ref, string, struct } from "#schema/nodes.ts";

export const Preconditions = struct("io.k8s.apimachinery.pkg.apis.meta.v1.Preconditions", {
  uid: string({ tag: 1 }),
  resourceVersion: string({ tag: 2 }),
});

export interface Preconditions extends Infer<typeof Preconditions> {}

export const DeleteOptions = struct("io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions", {
  apiVersion: string(),
  kind: string(),
  gracePeriodSeconds: long({ tag: 1 }),
  preconditions: ref(Preconditions, { tag: 2 }),
  orphanDependents: bool({ tag: 3 }),
  propagationPolicy: string({ tag: 4 }),
  dryRun: list(string(), { tag: 5 }),
  ignoreStoreReadErrorWithClusterBreakingPotential: bool({ tag: 6 }),
});

export interface DeleteOptions extends Infer<typeof DeleteOptions> {}

export const Eviction = kubeObject(
  "io.k8s.api.policy.v1.Eviction",
  {
    deleteOptions: ref(DeleteOptions, { tag: 2, description: "How it is removed." }),
  },
  { description: "Asks for a pod to be removed, if its disruption budget allows." },
);

export interface Eviction extends Infer<typeof Eviction>, KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeObject["metadata"];
}
