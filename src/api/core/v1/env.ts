import { bool, type Infer, inlined, quantity, ref, string, struct } from "#schema/nodes.ts";
import { checkEnvFrom, checkEnvVar, checkKeySelector } from "./env.rules.ts";
import { LocalObjectReference } from "./object-reference.ts";

export const ObjectFieldSelector = struct(
  "io.k8s.api.core.v1.ObjectFieldSelector",
  {
    apiVersion: string({ tag: 1 }),
    fieldPath: string({ tag: 2, required: true }),
  },
  {
    atomic: true,
    derive: (selector) => {
      selector.apiVersion ??= "v1";
    },
  },
);

export interface ObjectFieldSelector extends Infer<typeof ObjectFieldSelector> {}

export const ResourceFieldSelector = struct(
  "io.k8s.api.core.v1.ResourceFieldSelector",
  {
    containerName: string({ tag: 1 }),
    resource: string({ tag: 2, required: true }),
    divisor: quantity({ tag: 3 }),
  },
  {
    atomic: true,
    derive: (selector) => {
      selector.divisor ??= "0"; // stands for 1
    },
  },
);

export interface ResourceFieldSelector extends Infer<typeof ResourceFieldSelector> {}

export const ConfigMapKeySelector = struct(
  "io.k8s.api.core.v1.ConfigMapKeySelector",
  {
    ...inlined(LocalObjectReference, 1),
    key: string({ tag: 2, required: true }),
    optional: bool({ tag: 3 }),
  },
  { atomic: true, check: (v, path) => checkKeySelector(v, path) },
);

export interface ConfigMapKeySelector extends Infer<typeof ConfigMapKeySelector> {}

export const SecretKeySelector = struct(
  "io.k8s.api.core.v1.SecretKeySelector",
  {
    ...inlined(LocalObjectReference, 1),
    key: string({ tag: 2, required: true }),
    optional: bool({ tag: 3 }),
  },
  { atomic: true, check: (v, path) => checkKeySelector(v, path) },
);

export interface SecretKeySelector extends Infer<typeof SecretKeySelector> {}

export const FileKeySelector = struct(
  "io.k8s.api.core.v1.FileKeySelector",
  {
    volumeName: string({ tag: 1, required: true }),
    path: string({ tag: 2, required: true }),
    key: string({ tag: 3, required: true }),
    optional: bool({ tag: 4, default: false }),
  },
  { atomic: true },
);

export interface FileKeySelector extends Infer<typeof FileKeySelector> {}

export const EnvVarSource = struct("io.k8s.api.core.v1.EnvVarSource", {
  fieldRef: ref(ObjectFieldSelector, { tag: 1 }),
  resourceFieldRef: ref(ResourceFieldSelector, { tag: 2 }),
  configMapKeyRef: ref(ConfigMapKeySelector, { tag: 3 }),
  secretKeyRef: ref(SecretKeySelector, { tag: 4 }),
  fileKeyRef: ref(FileKeySelector, { tag: 5 }),
});

export interface EnvVarSource extends Infer<typeof EnvVarSource> {}

export const EnvVar = struct(
  "io.k8s.api.core.v1.EnvVar",
  {
    name: string({ tag: 1, required: true }),
    value: string({ tag: 2 }),
    valueFrom: ref(EnvVarSource, { tag: 3 }),
  },
  { check: (v, path) => checkEnvVar(v, path) },
);

export interface EnvVar extends Infer<typeof EnvVar> {}

export const ConfigMapEnvSource = struct("io.k8s.api.core.v1.ConfigMapEnvSource", {
  ...inlined(LocalObjectReference, 1),
  optional: bool({ tag: 2 }),
});

export interface ConfigMapEnvSource extends Infer<typeof ConfigMapEnvSource> {}

export const SecretEnvSource = struct("io.k8s.api.core.v1.SecretEnvSource", {
  ...inlined(LocalObjectReference, 1),
  optional: bool({ tag: 2 }),
});

export interface SecretEnvSource extends Infer<typeof SecretEnvSource> {}

export const EnvFromSource = struct(
  "io.k8s.api.core.v1.EnvFromSource",
  {
    prefix: string({ tag: 1 }),
    configMapRef: ref(ConfigMapEnvSource, { tag: 2 }),
    secretRef: ref(SecretEnvSource, { tag: 3 }),
  },
  { check: (v, path) => checkEnvFrom(v, path) },
);

export interface EnvFromSource extends Infer<typeof EnvFromSource> {}
