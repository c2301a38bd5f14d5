import { type Infer, long, string, struct, time } from "#schema/nodes.ts";

export const Condition = struct("io.k8s.apimachinery.pkg.apis.meta.v1.Condition", {
  type: string({ tag: 1, required: true }),
  status: string({ tag: 2, required: true }),
  observedGeneration: long({ tag: 3, omitZero: true }),
  lastTransitionTime: time({ tag: 4, required: true }),
  reason: string({ tag: 5, required: true }),
  message: string({ tag: 6, required: true, keepEmpty: true }),
});

export interface Condition extends Infer<typeof Condition> {}
