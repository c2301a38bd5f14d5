import { type Infer, string, struct } from "#schema/nodes.ts";

export const ObjectReference = struct(
  "io.k8s.api.core.v1.ObjectReference",
  {
    kind: string({ tag: 1 }),
    namespace: string({ tag: 2 }),
    name: string({ tag: 3 }),
    uid: string({ tag: 4 }),
    apiVersion: string({ tag: 5 }),
    resourceVersion: string({ tag: 6 }),
    fieldPath: string({ tag: 7 }),
  },
  { atomic: true },
);

export interface ObjectReference extends Infer<typeof ObjectReference> {}

export const LocalObjectReference = struct(
  "io.k8s.api.core.v1.LocalObjectReference",
  {
    name: string({ tag: 1, default: "" }),
  },
  { atomic: true },
);

export interface LocalObjectReference extends Infer<typeof LocalObjectReference> {}

export const TypedLocalObjectReference = struct(
  "io.k8s.api.core.v1.TypedLocalObjectReference",
  {
    apiGroup: string({ tag: 1 }),
    kind: string({ tag: 2, required: true }),
    name: string({ tag: 3, required: true }),
  },
  { atomic: true },
);

export interface TypedLocalObjectReference extends Infer<typeof TypedLocalObjectReference> {}

export const TypedObjectReference = struct("io.k8s.api.core.v1.TypedObjectReference", {
  apiGroup: string({ tag: 1 }),
  kind: string({ tag: 2, required: true }),
  name: string({ tag: 3, required: true }),
  namespace: string({ tag: 4 }),
});

export interface TypedObjectReference extends Infer<typeof TypedObjectReference> {}

export const SecretReference = struct(
  "io.k8s.api.core.v1.SecretReference",
  {
    name: string({ tag: 1 }),
    namespace: string({ tag: 2 }),
  },
  { atomic: true },
);

export interface SecretReference extends Infer<typeof SecretReference> {}
